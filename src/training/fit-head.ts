import type { Compute, TrainedHead } from '../compute/protocol.js';
import type { EpochProgress } from '../words/run-event.js';
import type { Database } from '../db/client.js';
import { createEpochWriter } from './epoch-writer.js';
import { countHeads, headTask } from './head-task.js';
import type { TrainingPlan } from './plan-training.js';
import { appendEpochs, type RunClaim } from '../runs/training-runs.js';

/**
 * Trains the model's own head and stores its epochs as they come; a run that has lost its row stops training.
 * @param features [train + validation pictures, views, D] in the order of the split
 * @throws GelqlError CANCELLED; after any error no epoch is written any more
 */
export async function fitHead(
  { database, compute }: { database: Database; compute: Compute },
  run: RunClaim,
  plan: TrainingPlan,
  features: Float32Array,
  signal: AbortSignal,
): Promise<TrainedHead> {
  const { configuration, split } = plan;
  const allEpochs = configuration.epochs * countHeads(plan);
  const epochs = createEpochWriter<EpochProgress>((done) =>
    appendEpochs(database, run, done, {
      stage: 'TRAINING_HEAD',
      stageProgress: (done.at(-1)?.number ?? 0) / allEpochs,
    }),
  );
  const task = headTask(plan, features, {
    seed: configuration.seed,
    epochs: configuration.epochs,
    train: split.train.map((_, position) => position),
    validation: split.validation.map((_, position) => split.train.length + position),
  });
  const training = compute.trainHead(task, {
    signal: AbortSignal.any([signal, epochs.failed]),
    onEpoch: (epoch) => epochs.add(epoch),
  });
  const trained = await training.catch(async (error: unknown) => {
    await epochs.discard();
    throw error;
  });
  await epochs.finish();
  return trained;
}
