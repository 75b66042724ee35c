import { createHash } from 'node:crypto';
import type { App } from '../../src/app.js';
import { storeArtifact } from '../../src/db/artifacts.js';
import type { TensorMap } from '../../src/words/architecture.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import type { GoldenAnswer } from '../../src/registry/golden-answers.js';
import type { ModelRow } from '../../src/registry/models.js';
import { registerModel } from '../../src/registry/register-model.js';
import { configuration, evaluationWith } from './registry-rows.js';

const CLASSES = ['gel', 'not_gel'];

/**
 * A model whose answer is the same for every picture: its head has no weights, only `logits` as its bias. So an answer's
 * logits say which head computed them, whatever its label and digest claim.
 */
export async function registerConstantModel(
  { config, database }: Pick<App, 'config' | 'database'>,
  given: {
    name: string;
    logits: [number, number];
    /** Lower end of its accuracy's interval: what the best model is chosen by. */
    accuracyLow?: number;
    backboneId?: string;
    /** Pictures with their golden logits; none where absent. */
    golden?: { bytes: Uint8Array; logits: number[] }[];
  },
): Promise<ModelRow> {
  const backbone = await findBackbone(given.backboneId ?? 'mobilenet_v3_large-gelql-1', config);
  const head: TensorMap = new Map([
    ['0.weight', { shape: [2, backbone.featureSize], data: new Float32Array(2 * backbone.featureSize) }],
    ['0.bias', { shape: [2], data: Float32Array.from(given.logits) }],
  ]);
  const answers: (GoldenAnswer & { bytes: Uint8Array })[] = [];
  for (const [index, { bytes, logits }] of (given.golden ?? []).entries()) {
    const sha256 = await storeArtifact(database, 'picture', bytes);
    answers.push({ name: `picture ${index + 1}`, sha256, bytes, logits });
  }
  return registerModel(database, {
    model: {
      name: given.name,
      origin: 'TRAINED',
      runId: null,
      datasetId: null,
      backbone,
      head: 'SINGLE',
      classes: CLASSES,
      recipe: 'gel-v1',
      optimizer: 'ADAM',
      device: 'CPU',
      engine: 'wasm',
      featureEngine: 'wasm',
      configuration: { ...configuration, backboneId: backbone.id },
      calibration: null,
    },
    headBytes: writeSafetensors(head, { metadata: {}, dtype: 'F32' }),
    results: [
      {
        trainingTimeMins: 0,
        inferenceTimeSecs: 0,
        datasetName: 'none',
        datasetDigest: '0'.repeat(64),
        testDescription: 'made up',
        kind: 'HOLDOUT',
        evaluation: evaluationWith({ correct: 50, low: given.accuracyLow ?? 0.4, high: 0.6, logLoss: 0.7 }),
        scores: [ownScore(given.name)],
      },
    ],
    ...(answers.length === 0 ? {} : { golden: { engine: 'wasm', answers } }),
  });
}

/** A picture that no other model was tested on and that nobody has: the accuracy interval alone chooses the best. */
function ownScore(name: string) {
  const sha256 = createHash('sha256').update(name).digest('hex');
  return { name, sha256, label: 0, predicted: 0, probabilities: [1, 0], groupKey: null };
}
