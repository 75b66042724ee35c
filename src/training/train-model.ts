import { loadArtifact } from '../db/artifacts.js';
import type { TensorMap } from '../words/architecture.js';
import { hashBytes } from '../networks/weights/file-facts.js';
import { keepTunedWeights } from '../networks/weights/tuned-weights.js';
import { createRunReporter } from './run-reporter.js';
import type { TrainingJob, TrainingServices } from './training-job.js';
import type { ModelRow } from '../registry/models.js';
import { registerTrainedModel } from './register-trained-model.js';
import { extractDatasetFeatures } from '../features/dataset-features.js';
import { loadMiniatures } from '../datasets/datasets.js';
import { describeTraining } from './describe-training.js';
import { answerGolden } from './answer-golden.js';
import { calibrateHead } from './calibrate-head.js';
import { evaluateFolds } from './folds/evaluate-folds.js';
import { evaluateHead } from './evaluate-head.js';
import type { TrainedPart } from '../words/training-settings.js';
import { fitFolds, type OutOfFold } from './folds/fit-folds.js';
import { fitHead } from './fit-head.js';
import { fitNetwork } from './fit-network.js';
import { adviseLongerTraining } from '../evaluation/still-improving.js';
import type { TrainingEnd } from '../words/training-rules.js';
import { planTraining, type TrainingPlan } from './plan-training.js';
import { timeHead } from './time-head.js';
import { appendEpochs, listEpochs, updateRunProgress, type TrainingRunRow } from '../runs/training-runs.js';

/** What training and its features give to those who judge them. */
interface Fitted {
  /** With the network that the features are of. */
  plan: TrainingPlan;
  head: TensorMap;
  /** Absent where the backbone was left as it is. */
  tunedWeights?: Uint8Array;
  /** [pictures of `split.fitted`, views, D] */
  fitFeatures: Float32Array;
  /** [test pictures, D] */
  testFeatures: Float32Array;
  end: TrainingEnd;
  outOfFold: OutOfFold | null;
  foldsMs: number;
}

/**
 * From a queued run to a registered model. Everything random comes from the run's two seeds, so the same data set,
 * configuration and engines give the same model, bit for bit.
 * @throws GelqlError of the step that failed; CANCELLED through `signal`
 */
export async function trainModel(
  services: TrainingServices,
  run: TrainingRunRow,
  signal: AbortSignal,
): Promise<ModelRow> {
  const { database } = services;
  const reporter = createRunReporter(({ progress, epochs }) =>
    epochs.length > 0
      ? appendEpochs(database, run, epochs, progress)
      : updateRunProgress(database, run, progress),
  );
  const job = { ...services, run, signal: AbortSignal.any([signal, reporter.failed]), reporter };
  try {
    return await trainAndRegister(job);
  } finally {
    await reporter.close();
  }
}

async function trainAndRegister(job: TrainingJob): Promise<ModelRow> {
  const { database, run, reporter } = job;
  const startedAt = performance.now();
  const planned = await planTraining(job, run);
  const { trainable } = planned.configuration;
  const fitted =
    trainable === 'HEAD'
      ? await fitHeadOnFeatures(job, planned)
      : await fitHeadAndNetwork(job, planned, trainable);
  const { plan, head, fitFeatures, testFeatures, outOfFold, end } = fitted;

  reporter.report({ stage: 'EVALUATING', stageProgress: 0 });
  const calibration = calibrateHead(plan, head, fitFeatures, outOfFold);
  const holdout = evaluateHead(plan, head, testFeatures, calibration);
  const crossValidation = outOfFold && (await evaluateFolds(plan, outOfFold, calibration));
  const miniatures = await loadMiniatures(database, plan.dataset);
  const trainingFeatures = await describeTraining({ ...plan, miniatures }, fitFeatures);
  const golden = answerGolden(plan, head, testFeatures, fitFeatures);
  const backboneSecs = await job.backboneTimes.measure(plan, job.signal);
  const headSecs = timeHead(head, fitFeatures.subarray(0, plan.backbone.featureSize));
  await reporter.flush();
  const advice = adviseLongerTraining(await listEpochs(database, [run.id]), end);
  const elapsedMs = performance.now() - startedAt;
  return registerTrainedModel(database, {
    run,
    plan,
    end,
    advice,
    head,
    tunedWeights: fitted.tunedWeights,
    calibration,
    holdout,
    crossValidation,
    trainingFeatures,
    golden,
    inferenceTimeSecs: backboneSecs + headSecs,
    elapsedMs,
    foldsMs: fitted.foldsMs,
  });
}

/** Features first, then a head on them. */
async function fitHeadOnFeatures(job: TrainingJob, plan: TrainingPlan): Promise<Fitted> {
  const features = await extractFeatures(job, plan);
  job.reporter.report({ stage: 'TRAINING_HEAD', stageProgress: 0 });
  const { parameters: head, ...end } = await fitHead(job, plan, features.fitFeatures);
  const foldsStartedAt = performance.now();
  const outOfFold = await fitFolds(job, plan, features.fitFeatures, end.keptEpoch);
  return { plan, head, ...features, end, outOfFold, foldsMs: performance.now() - foldsStartedAt };
}

/** Head and backbone first, then the features of the pictures as they are. */
async function fitHeadAndNetwork(
  job: TrainingJob,
  planned: TrainingPlan,
  part: TrainedPart,
): Promise<Fitted> {
  const { trainingEngine: engine, featureEngine } = planned;
  job.reporter.report({ stage: 'TRAINING_NETWORK', stageProgress: 0, engine, featureEngine });
  const { head, tunedWeights, ...end } = await fitNetwork(job, planned, part);
  const sha256 = hashBytes(tunedWeights);
  const tuned = await keepTunedWeights(job.config, sha256, async () => tunedWeights);
  const plan = { ...planned, backbone: { ...planned.backbone, tuned } };
  const features = await extractFeatures(job, plan);
  return { plan, head, tunedWeights, ...features, end, outOfFold: null, foldsMs: 0 };
}

/** Features of the fitted pictures in all views, and of the test pictures as they are. */
async function extractFeatures(
  { database, compute, config, featureCache, signal, reporter }: TrainingJob,
  plan: TrainingPlan,
): Promise<Pick<Fitted, 'fitFeatures' | 'testFeatures'>> {
  const { split, images, trainingEngine: engine, featureEngine } = plan;
  reporter.report({ stage: 'EXTRACTING_FEATURES', stageProgress: 0, engine, featureEngine });
  const extract = (indices: readonly number[], count: number, range: readonly [number, number]) =>
    extractDatasetFeatures(
      compute,
      featureCache,
      {
        datasetDigest: plan.dataset.digest,
        pictures: indices.map((index) => plan.pictureAt(index)),
        loadBytes: (sha256) => loadArtifact(database, sha256),
        views: count,
        augmentation: plan.configuration.augmentation,
        recipe: plan.configuration.recipe,
        backbone: plan.backbone,
        engine: featureEngine,
        engineVersion: plan.featureEngineVersion,
        maxPixels: config.maxPixels,
      },
      {
        signal,
        onProgress({ stage, done, total }) {
          const [from, to] = range;
          reporter.report({ stage, stageProgress: from + ((to - from) * done) / total });
        },
      },
    );
  const testShare = split.test.length / images.length;
  const fitFeatures = await extract(split.fitted, plan.featureViews, [0, 1 - testShare]);
  const testFeatures = await extract(split.test, 1, [1 - testShare, 1]);
  return { fitFeatures, testFeatures };
}
