import type { Compute, TrainedHead } from '../compute/protocol.js';
import type { Database } from '../db/client.js';
import { createEpochWriter } from './epoch-writer.js';
import type { TrainingPlan } from './plan-training.js';
import { appendEpochs, type RunClaim } from './training-runs.js';

/**
 * Trains the plan's head and stores its epochs as they come; a run that has lost its row stops training.
 * @param features [train + validation pictures, views, D] in the order of the split
 * @throws GelqlError CANCELLED; after any error no epoch is written any more
 */
export async function fitHead(
  { database, compute }: { database: Database; compute: Compute },
  run: RunClaim,
  { configuration, dataset, backbone, headEngine, split, labelAt }: TrainingPlan,
  features: Float32Array,
  signal: AbortSignal,
): Promise<TrainedHead> {
  const fitted = [...split.train, ...split.validation];
  const epochs = createEpochWriter((done) =>
    appendEpochs(database, run, done, (done.at(-1)?.number ?? 0) / configuration.epochs),
  );
  const training = compute.trainHead(
    {
      engine: headEngine,
      head: configuration.head,
      featureSize: backbone.featureSize,
      classCount: dataset.classes.length,
      optimizer: configuration.optimizer,
      learningRate: configuration.learningRate,
      batchSize: configuration.batchSize,
      epochs: configuration.epochs,
      seed: configuration.seed,
      features,
      count: fitted.length,
      views: configuration.augmentationViews,
      labels: Int32Array.from(fitted, (index) => labelAt(index)),
      trainIndices: Int32Array.from(split.train, (_, position) => position),
      validationIndices: Int32Array.from(split.validation, (_, position) => split.train.length + position),
    },
    { signal: AbortSignal.any([signal, epochs.failed]), onEpoch: (epoch) => epochs.add(epoch) },
  );
  const trained = await training.catch(async (error: unknown) => {
    await epochs.discard();
    throw error;
  });
  await epochs.finish();
  return trained;
}
