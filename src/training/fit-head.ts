import type { TrainedHead } from '../compute/protocol.js';
import { countHeads, headTask } from './head-task.js';
import type { TrainingPlan } from './plan-training.js';
import type { TrainingJob } from './training-job.js';

/**
 * Trains the model's own head and reports its epochs.
 * @param features [train + validation pictures, views, D] in the order of the split
 * @throws GelqlError CANCELLED through the job's signal
 */
export function fitHead(
  { compute, reporter, signal }: TrainingJob,
  plan: TrainingPlan,
  features: Float32Array,
): Promise<TrainedHead> {
  const { configuration, split } = plan;
  const allEpochs = configuration.epochs * countHeads(plan);
  const task = headTask(plan, features, {
    seed: configuration.seed,
    epochs: configuration.epochs,
    train: split.train.map((_, position) => position),
    validation: split.validation.map((_, position) => split.train.length + position),
  });
  return compute.trainHead(task, {
    signal,
    onEpoch: (epoch) =>
      reporter.report({ stage: 'TRAINING_HEAD', stageProgress: epoch.number / allEpochs }, epoch),
  });
}
