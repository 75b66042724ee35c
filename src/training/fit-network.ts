import type { TunedNetwork } from '../compute/protocol.js';
import { loadArtifact } from '../db/artifacts.js';
import { codeVersion } from '../runs/code-version.js';
import type { EpochProgress } from '../words/run-event.js';
import type { TrainedPart } from '../words/training-settings.js';
import { createPictureFeed } from './picture-feed.js';
import type { TrainingPlan } from './plan-training.js';
import { trainingRules } from './training-rules.js';
import { resumeRun, storeCheckpoint } from '../runs/checkpoints/run-checkpoints.js';
import type { TrainingJob } from './training-job.js';

/** Between two reports of the pace. */
const REPORT_EVERY_MS = 1_000;

/**
 * Trains the head and part of the backbone on the pictures themselves, from the run's checkpoint where it has one.
 * @throws GelqlError CANCELLED; what decoding, training or the database failed with
 */
export async function fitNetwork(
  { run, signal, reporter, database, checkpoints, compute, config, logger }: TrainingJob,
  plan: TrainingPlan,
  part: TrainedPart,
): Promise<TunedNetwork> {
  const { configuration, split, dataset, trainingEngine: engine } = plan;
  const { epochs, backboneLearningRate } = configuration;
  if (backboneLearningRate === null) throw new TypeError(`A run of ${part} has no learning rate for it.`);
  const origin = { engine, codeVersion: await codeVersion() };
  const checkpoint = await resumeRun({ database, checkpoints }, run, origin);
  if (checkpoint !== null) logger.info({ runId: run.id, epoch: checkpoint.epoch }, 'run goes on');
  const ended = new AbortController();
  const feed = createPictureFeed(
    compute,
    {
      pictures: plan.images.map((_, index) => ({ ...plan.pictureAt(index), label: plan.labelAt(index) })),
      train: split.train,
      validation: split.validation,
      loadBytes: (sha256) => loadArtifact(database, sha256),
      recipe: configuration.recipe,
      views: configuration.augmentationViews,
      augmentation: configuration.augmentation,
      batchSize: configuration.batchSize,
      seed: configuration.seed,
      maxPixels: config.maxPixels,
    },
    AbortSignal.any([signal, ended.signal]),
  );

  const allPictures = epochs * split.train.length;
  let pictures = (checkpoint?.epoch ?? 0) * split.train.length;
  let reportedAtMs = -Infinity;
  const report = (picturesPerSecond: number | null): void => {
    reportedAtMs = performance.now();
    reporter.report({ stage: 'TRAINING_NETWORK', stageProgress: pictures / allPictures, picturesPerSecond });
  };
  let storing: Promise<void> = Promise.resolve();
  const storeEpoch = async (progress: EpochProgress, bytes: Uint8Array): Promise<void> => {
    // Followers hear of the steps of an epoch before its end.
    await reporter.flush();
    signal.throwIfAborted();
    const stageProgress = progress.number / epochs;
    await storeCheckpoint({ database, checkpoints }, run, origin, { progress, bytes, stageProgress });
  };
  report(null);
  try {
    const tuned = await compute.trainNetwork(
      {
        engine,
        backbone: plan.backbone,
        part,
        head: configuration.head,
        classCount: dataset.classes.length,
        optimizer: configuration.optimizer,
        learningRate: configuration.learningRate,
        backboneLearningRate,
        epochs,
        rules: trainingRules(configuration, split.train.map(plan.labelAt), dataset.classes.length),
        seed: configuration.seed,
        checkpoint: checkpoint?.bytes ?? null,
      },
      feed,
      {
        signal,
        onStep(step) {
          pictures += step.pictures;
          if (performance.now() - reportedAtMs >= REPORT_EVERY_MS) report(step.picturesPerSecond);
        },
        onEpoch: (progress, bytes) => (storing = storeEpoch(progress, bytes)),
      },
    );
    logger.info({ runId: run.id, trainMs: tuned.trainMs, waitedMs: tuned.waitedMs }, 'network trained');
    return tuned;
  } finally {
    ended.abort();
    // Released and taken again, the run has the same claim: nothing of this attempt may come later.
    await storing.catch(() => undefined);
  }
}
