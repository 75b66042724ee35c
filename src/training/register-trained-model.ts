import type { Database } from '../db/client.js';
import type { Calibration, EvaluationWarning } from '../words/evaluation.js';
import type { TensorMap } from '../words/architecture.js';
import { writeSafetensors } from '../networks/weights/safetensors.js';
import type { GoldenAnswer } from '../registry/golden-answers.js';
import type { ModelRow } from '../registry/models.js';
import { registerModel, type NewResult } from '../registry/register-model.js';
import type { TrainingEnd } from '../words/training-rules.js';
import type { EvaluatedPictures } from './evaluate-head.js';
import type { TrainingPlan } from './plan-training.js';
import { finishRun, type TrainingRunRow } from '../runs/training-runs.js';

/** What a run has made; at least one of `holdout` and `crossValidation` is there. */
export interface TrainedModel {
  run: TrainingRunRow;
  plan: TrainingPlan;
  end: TrainingEnd;
  /** What the results say about the training besides their own warnings. */
  advice: readonly EvaluationWarning[];
  /** Torch layout and names. */
  head: TensorMap;
  /** As `encodeTunedWeights` gives them, where the backbone was trained too. */
  tunedWeights: Uint8Array | undefined;
  calibration: Calibration | null;
  holdout: EvaluatedPictures | null;
  crossValidation: EvaluatedPictures | null;
  /** See describeTraining. */
  trainingFeatures: Uint8Array;
  golden: readonly GoldenAnswer[];
  inferenceTimeSecs: number;
  /** Time of the whole run, and the part of it that the heads of the folds took. */
  elapsedMs: number;
  foldsMs: number;
}

/**
 * Head, tuned weights, model, results and the end of the run in one transaction: all of it is there afterwards, or nothing. A result on
 * held-out pictures is the model's newest, because it is the one of the very head that answers.
 */
export async function registerTrainedModel(database: Database, made: TrainedModel): Promise<ModelRow> {
  const { run, plan } = made;
  const { backbone, configuration, dataset } = plan;
  const headBytes = writeSafetensors(made.head, { metadata: {}, dtype: 'F32' });
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
        engine: plan.trainingEngine,
        featureEngine: plan.featureEngine,
        configuration,
        calibration: made.calibration,
      },
      headBytes,
      tunedBytes: made.tunedWeights,
      results: [...crossValidationResult(made), ...holdoutResult(made)],
      trainingFeatures: made.trainingFeatures,
      golden: { engine: plan.featureEngine, answers: made.golden },
    });
    await finishRun(scope, run, made.end);
    return model;
  });
}

function holdoutResult(made: TrainedModel): NewResult[] {
  const { plan, holdout } = made;
  if (holdout === null) return [];
  const { testFraction, splitSeed } = plan.configuration;
  return [
    {
      ...sharedColumns(made),
      ...withAdvice(holdout, made),
      kind: 'HOLDOUT',
      trainingTimeMins: (made.elapsedMs - made.foldsMs) / 60_000,
      testDescription: plan.images.some(({ subset }) => subset === 'TEST')
        ? `the TEST subset of ${plan.dataset.name}`
        : `a share of ${testFraction} drawn with seed ${splitSeed}`,
    },
  ];
}

function crossValidationResult(made: TrainedModel): NewResult[] {
  const { plan, crossValidation } = made;
  const { folds } = plan.split;
  if (crossValidation === null || folds === null) return [];
  const repeats = folds.repeats.length;
  return [
    {
      ...sharedColumns(made),
      ...withAdvice(crossValidation, made),
      kind: 'CROSS_VALIDATION',
      trainingTimeMins: made.elapsedMs / 60_000,
      testDescription: `${folds.folds} folds of ${folds.pictures.length} pictures${repeats > 1 ? `, ${repeats} times` : ''}, drawn with seed ${plan.configuration.splitSeed}`,
    },
  ];
}

function withAdvice({ evaluation, scores }: EvaluatedPictures, { advice }: TrainedModel): EvaluatedPictures {
  return { evaluation: { ...evaluation, warnings: [...evaluation.warnings, ...advice] }, scores };
}

function sharedColumns({ plan: { dataset }, inferenceTimeSecs }: TrainedModel) {
  return { inferenceTimeSecs, datasetName: dataset.name, datasetDigest: dataset.digest };
}
