import type { ModelOrigin } from '../words/model.js';
import type { NewGoldenAnswers } from './golden-answers.js';
import type { StoredModel } from './model-folder.js';
import type { NewRegistration } from './register-model.js';

/** What a folder that was read and verified registers as. */
export function registrationOf(
  stored: StoredModel,
  origin: Exclude<ModelOrigin, 'TRAINED'>,
  options: { name?: string | undefined; backboneId?: string } = {},
): NewRegistration {
  const { record, headBytes, tunedBytes, trainingFeatures } = stored;
  const { training, result, head, backbone } = record;
  return {
    model: {
      name: options.name ?? record.name,
      origin,
      runId: null,
      datasetId: null,
      backbone: { ...backbone, id: options.backboneId ?? backbone.id },
      head: head.kind,
      classes: record.classes,
      recipe: record.recipe,
      optimizer: training.optimizer,
      device: training.device,
      engine: training.engine,
      featureEngine: training.featureEngine,
      configuration: training.configuration,
      calibration: record.calibration ?? null,
    },
    headBytes,
    tunedBytes,
    results: [
      {
        trainingTimeMins: result.trainingTimeMins,
        inferenceTimeSecs: result.inferenceTimeSecs,
        datasetName: training.dataset.name,
        datasetDigest: training.dataset.digest,
        testDescription: result.testDescription,
        kind: result.kind,
        evaluation: result.evaluation,
        scores: result.scores.map((score) => ({ ...score, groupKey: null })),
      },
    ],
    golden: goldenOf(stored),
    trainingFeatures,
  };
}

/** The golden answers of a folder with their pictures. */
function goldenOf({ record: { golden }, pictures }: StoredModel): NewGoldenAnswers {
  return {
    engine: golden.engine,
    answers: golden.answers.map(({ name, sha256, logits }, position) => ({
      name,
      sha256,
      logits,
      bytes: pictures[position] ?? new Uint8Array(),
    })),
  };
}
