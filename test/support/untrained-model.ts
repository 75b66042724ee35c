import type { App } from '../../src/app.js';
import type { Calibration } from '../../src/words/evaluation.js';
import type { RasterRecipe } from '../../src/words/picture.js';
import { initialHead } from '../../src/networks/heads.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import { registerModel } from '../../src/registry/register-model.js';
import { configuration, evaluationWith } from './registry-rows.js';

const CLASSES = ['gel', 'not_gel'];

/** A model that answers, with the fast backbone and a head as training begins with it: for tests of what lies around it. */
export async function registerUntrainedModel(
  { config, database }: Pick<App, 'config' | 'database'>,
  options: {
    name?: string;
    backboneId?: string;
    recipe?: RasterRecipe;
    seed?: number;
    calibration?: Calibration | null;
    trainingFeatures?: Uint8Array;
  } = {},
): Promise<void> {
  const {
    name = 'untrained',
    backboneId = 'mobilenet_v3_large-gelql-1',
    recipe = 'gel-v1',
    seed = 1,
    calibration = null,
    trainingFeatures,
  } = options;
  const backbone = await findBackbone(backboneId, config);
  const head = initialHead('SINGLE', backbone.featureSize, CLASSES.length, seed);
  await registerModel(database, {
    model: {
      name,
      origin: 'SHIPPED',
      runId: null,
      datasetId: null,
      backbone,
      head: 'SINGLE',
      classes: CLASSES,
      recipe,
      optimizer: 'ADAM',
      device: 'CPU',
      engine: 'wasm',
      featureEngine: 'wasm',
      configuration: { ...configuration, backboneId: backbone.id },
      calibration,
    },
    headBytes: writeSafetensors(head, { metadata: {}, dtype: 'F32' }),
    trainingFeatures,
    results: [
      {
        trainingTimeMins: 0,
        inferenceTimeSecs: 0,
        datasetName: 'none',
        datasetDigest: '0'.repeat(64),
        testDescription: 'made up',
        kind: 'HOLDOUT',
        evaluation: evaluationWith({ correct: 50, low: 0.4, high: 0.6, logLoss: 0.7 }),
        scores: [],
      },
    ],
  });
}
