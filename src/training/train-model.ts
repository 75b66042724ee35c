import { loadArtifact } from '../db/artifacts.js';
import type { TensorMap } from '../words/architecture.js';
import { hashBytes } from '../networks/weights/file-facts.js';
import { keepTunedWeights } from '../networks/weights/tuned-weights.js';
import type { TrainingServices } from './training-services.js';
import type { ModelRow } from '../registry/models.js';
import { registerTrainedModel } from './register-trained-model.js';
import { extractDatasetFeatures } from '../features/dataset-features.js';
import { loadMiniatures } from '../datasets/datasets.js';
import { describeTraining } from './describe-training.js';
import { answerGolden } from './answer-golden.js';
import { calibrateHead } from './calibrate-head.js';
import { evaluateFolds } from './evaluate-folds.js';
import { evaluateHead } from './evaluate-head.js';
import type { TrainedPart } from '../words/training-settings.js';
import { fitFolds, type OutOfFold } from './fit-folds.js';
import { fitHead } from './fit-head.js';
import { fitNetwork } from './fit-network.js';
import { adviseLongerTraining } from '../evaluation/still-improving.js';
import type { TrainingEnd } from '../words/training-rules.js';
import { planTraining, type TrainingPlan } from './plan-training.js';
import { timeHead } from './time-head.js';
import { listEpochs, updateRunProgress, type TrainingRunRow } from '../runs/training-runs.js';

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
  const startedAt = performance.now();
  const planned = await planTraining(services, run);
  const { trainable } = planned.configuration;
  const fitted =
    trainable === 'HEAD'
      ? await fitHeadOnFeatures(services, run, planned, signal)
      : await fitHeadAndNetwork(services, run, planned, trainable, signal);
  const { plan, head, fitFeatures, testFeatures, outOfFold, end } = fitted;

  await updateRunProgress(database, run, { stage: 'EVALUATING', stageProgress: 0 });
  const calibration = calibrateHead(plan, head, fitFeatures, outOfFold);
  const holdout = evaluateHead(plan, head, testFeatures, calibration);
  const crossValidation = outOfFold && (await evaluateFolds(plan, outOfFold, calibration));
  const miniatures = await loadMiniatures(database, plan.dataset);
  const trainingFeatures = await describeTraining({ ...plan, miniatures }, fitFeatures);
  const golden = answerGolden(plan, head, testFeatures, fitFeatures);
  const backboneSecs = await services.backboneTimes.measure(plan, signal);
  const headSecs = timeHead(head, fitFeatures.subarray(0, plan.backbone.featureSize));
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
async function fitHeadOnFeatures(
  services: TrainingServices,
  run: TrainingRunRow,
  plan: TrainingPlan,
  signal: AbortSignal,
): Promise<Fitted> {
  const { database } = services;
  const features = await extractFeatures(services, run, plan, signal);
  await updateRunProgress(database, run, { stage: 'TRAINING_HEAD', stageProgress: 0 });
  const { parameters: head, ...end } = await fitHead(services, run, plan, features.fitFeatures, signal);
  const foldsStartedAt = performance.now();
  const outOfFold = await fitFolds(services, run, plan, features.fitFeatures, end.keptEpoch, signal);
  return { plan, head, ...features, end, outOfFold, foldsMs: performance.now() - foldsStartedAt };
}

/** Head and backbone first, then the features of the pictures as they are. */
async function fitHeadAndNetwork(
  services: TrainingServices,
  run: TrainingRunRow,
  planned: TrainingPlan,
  part: TrainedPart,
  signal: AbortSignal,
): Promise<Fitted> {
  const { database, config } = services;
  const { trainingEngine: engine, featureEngine } = planned;
  const begun = { stage: 'TRAINING_NETWORK', stageProgress: 0, engine, featureEngine } as const;
  await updateRunProgress(database, run, begun);
  const { head, tunedWeights, ...end } = await fitNetwork(services, run, planned, part, signal);
  const sha256 = hashBytes(tunedWeights);
  const tuned = await keepTunedWeights(config, sha256, async () => tunedWeights);
  const plan = { ...planned, backbone: { ...planned.backbone, tuned } };
  const features = await extractFeatures(services, run, plan, signal);
  return { plan, head, tunedWeights, ...features, end, outOfFold: null, foldsMs: 0 };
}

/** Features of the fitted pictures in all views, and of the test pictures as they are. */
async function extractFeatures(
  { database, compute, config, featureCache }: TrainingServices,
  run: TrainingRunRow,
  plan: TrainingPlan,
  signal: AbortSignal,
): Promise<Pick<Fitted, 'fitFeatures' | 'testFeatures'>> {
  const { split, images } = plan;
  await updateRunProgress(database, run, {
    stage: 'EXTRACTING_FEATURES',
    stageProgress: 0,
    engine: plan.trainingEngine,
    featureEngine: plan.featureEngine,
  });
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
        engine: plan.featureEngine,
        engineVersion: plan.featureEngineVersion,
        maxPixels: config.maxPixels,
      },
      {
        signal,
        onProgress: ({ stage, done, total }) =>
          updateRunProgress(database, run, {
            stage,
            stageProgress: range[0] + ((range[1] - range[0]) * done) / total,
          }),
      },
    );
  const testShare = split.test.length / images.length;
  const fitFeatures = await extract(split.fitted, plan.featureViews, [0, 1 - testShare]);
  const testFeatures = await extract(split.test, 1, [1 - testShare, 1]);
  return { fitFeatures, testFeatures };
}
