import type { TrainedHead } from '../compute/protocol.js';
import type { Database } from '../db/client.js';
import { writeSafetensors } from '../networks/weights/safetensors.js';
import type { ModelRow } from '../registry/models.js';
import { registerModel } from '../registry/register-model.js';
import type { EvaluatedHead } from './evaluate-head.js';
import type { TrainingPlan } from './plan-training.js';
import { finishRun, type TrainingRunRow } from './training-runs.js';

/** Head, model, result and the end of the run in one transaction: all of it is there afterwards, or nothing. */
export async function registerTrainedModel(
  database: Database,
  trained: {
    run: TrainingRunRow;
    plan: TrainingPlan;
    trained: TrainedHead;
    evaluated: EvaluatedHead;
    trainingTimeMins: number;
  },
): Promise<ModelRow> {
  const { run, plan, evaluated } = trained;
  const { configuration, backbone, dataset } = plan;
  const headBytes = writeSafetensors(trained.trained.parameters, { metadata: {}, dtype: 'F32' });
  return database.transaction(async (scope) => {
    const model = await registerModel(scope, {
      model: {
        name: run.name,
        origin: 'TRAINED',
        runId: run.id,
        datasetId: dataset.id,
        backbone,
        head: configuration.head,
        classes: dataset.classes,
        recipe: configuration.recipe,
        optimizer: configuration.optimizer,
        device: configuration.device,
        engine: plan.headEngine,
        featureEngine: plan.featureEngine,
        configuration,
        calibration: null,
      },
      headBytes,
      result: {
        trainingTimeMins: trained.trainingTimeMins,
        inferenceTimeSecs: evaluated.inferenceTimeSecs,
        datasetName: dataset.name,
        datasetDigest: dataset.digest,
        testDescription: plan.images.some(({ subset }) => subset === 'TEST')
          ? `the TEST subset of ${dataset.name}`
          : `a share of ${configuration.testFraction} drawn with seed ${configuration.seed}`,
        kind: 'HOLDOUT',
        evaluation: evaluated.evaluation,
      },
      scores: evaluated.scores,
    });
    await finishRun(scope, run);
    return model;
  });
}
