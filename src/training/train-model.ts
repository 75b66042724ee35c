import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import { loadArtifact } from '../db/artifacts.js';
import type { ModelRow } from '../registry/models.js';
import type { BackboneTimes } from './backbone-times.js';
import { registerTrainedModel } from './register-trained-model.js';
import { extractDatasetFeatures } from './dataset-features.js';
import { describeTraining } from './describe-training.js';
import { answerGolden } from './answer-golden.js';
import { calibrateHead } from './calibrate-head.js';
import { evaluateFolds } from './evaluate-folds.js';
import { evaluateHead } from './evaluate-head.js';
import type { FeatureCache } from './feature-cache.js';
import { fitFolds } from './fit-folds.js';
import { fitHead } from './fit-head.js';
import { planTraining } from './plan-training.js';
import { timeHead } from './time-head.js';
import { updateRunProgress, type TrainingRunRow } from './training-runs.js';

export interface TrainingServices {
  config: Config;
  database: Database;
  compute: Compute;
  featureCache: FeatureCache;
  backboneTimes: BackboneTimes;
  logger: Logger;
}

/**
 * From a queued run to a registered model. Everything random comes from the run's seed, so the same data set,
 * configuration and engines give the same head, bit for bit.
 * @throws GelqlError of the step that failed; CANCELLED through `signal`
 */
export async function trainModel(
  services: TrainingServices,
  run: TrainingRunRow,
  signal: AbortSignal,
): Promise<ModelRow> {
  const { database, compute } = services;
  const startedAt = performance.now();
  const plan = await planTraining(services, run);
  const { configuration, backbone, split, images } = plan;
  await updateRunProgress(database, run, {
    stage: 'EXTRACTING_FEATURES',
    stageProgress: 0,
    engine: plan.headEngine,
    featureEngine: plan.featureEngine,
  });

  const extract = (indices: readonly number[], views: number, range: readonly [number, number]) =>
    extractDatasetFeatures(
      compute,
      services.featureCache,
      {
        datasetDigest: plan.dataset.digest,
        pictures: indices.map((index) => plan.pictureAt(index)),
        loadBytes: (sha256) => loadArtifact(database, sha256),
        views,
        recipe: configuration.recipe,
        backbone,
        engine: plan.featureEngine,
        engineVersion: plan.featureEngineVersion,
        maxPixels: services.config.maxPixels,
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
  const fitFeatures = await extract(split.fitted, configuration.augmentationViews, [0, 1 - testShare]);
  const testFeatures = await extract(split.test, 1, [1 - testShare, 1]);

  await updateRunProgress(database, run, { stage: 'TRAINING_HEAD', stageProgress: 0 });
  const trained = await fitHead(services, run, plan, fitFeatures, signal);
  const foldsStartedAt = performance.now();
  const outOfFold = await fitFolds(services, run, plan, fitFeatures, signal);
  const foldsMs = performance.now() - foldsStartedAt;

  await updateRunProgress(database, run, { stage: 'EVALUATING', stageProgress: 0 });
  const calibration = calibrateHead(plan, trained.parameters, fitFeatures, outOfFold);
  const holdout = evaluateHead(plan, trained.parameters, testFeatures, calibration);
  const crossValidation = outOfFold && (await evaluateFolds(plan, outOfFold, calibration));
  const trainingFeatures = await describeTraining(plan, fitFeatures);
  const golden = answerGolden(plan, trained.parameters, testFeatures, fitFeatures);
  const backboneSecs = await services.backboneTimes.measure(plan, signal);
  const headSecs = timeHead(trained.parameters, fitFeatures.subarray(0, backbone.featureSize));
  const elapsedMs = performance.now() - startedAt;
  return registerTrainedModel(database, {
    run,
    plan,
    trained,
    calibration,
    holdout,
    crossValidation,
    trainingFeatures,
    golden,
    inferenceTimeSecs: backboneSecs + headSecs,
    elapsedMs,
    foldsMs,
  });
}
