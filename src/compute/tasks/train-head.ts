import { GelqlError } from '../../errors.js';
import { headLayers, initialHead } from '../../networks/heads.js';
import type { EpochProgress, TrainedHead, TrainHeadTask } from '../protocol.js';
import { createEpochDrawer, gatherRows } from './head-batches.js';
import type { TensorFlow } from './head-layers.js';
import { runHeadTraining } from './run-head-training.js';

/**
 * Trains a head on the features of a frozen backbone: mean cross-entropy, Adam or SGD with momentum as PyTorch has them,
 * a fresh order and one drawn view per picture in each epoch. Initial values, order, views and dropout come from the
 * task's seed and integer arithmetic, so the same task on the same engine gives the same bytes.
 * @param tf TensorFlow.js on the backend that the engine chose
 * @throws GelqlError CANCELLED at the next batch after `isCancelled` turns true; BAD_REQUEST where training diverges
 */
export async function trainHead(
  tf: TensorFlow,
  task: TrainHeadTask,
  hooks: { onEpoch(epoch: EpochProgress): void; isCancelled(): boolean },
): Promise<TrainedHead> {
  assertConsistent(task);
  const startedAt = performance.now();
  const layers = headLayers(task.head, task.featureSize, task.classCount);
  const parameters = await runHeadTraining(
    tf,
    {
      parameters: initialHead(task.head, task.featureSize, task.classCount, task.seed),
      classCount: task.classCount,
      optimizer: task.optimizer,
      learningRate: task.learningRate,
      epochs: task.epochs,
      drawEpoch: createEpochDrawer(task),
      dropout: { rates: layers.map(({ dropout }) => dropout ?? 0), seed: task.seed },
      validation:
        task.validationIndices.length > 0 ? gatherRows(task, task.validationIndices, () => 0) : null,
    },
    {
      onEpoch: ({ progress }) => hooks.onEpoch(progress),
      isCancelled: () => hooks.isCancelled(),
    },
  );
  return { parameters, trainMs: performance.now() - startedAt };
}

function assertConsistent(task: TrainHeadTask): void {
  const refuse = (problem: string) => new GelqlError('BAD_REQUEST', problem);
  if (task.trainIndices.length === 0)
    throw new GelqlError('DATASET_TOO_SMALL', 'no picture is left to train on');
  if (task.features.length !== task.count * task.views * task.featureSize) {
    throw refuse('features must hold count x views x featureSize numbers');
  }
  if (
    task.labels.length !== task.count ||
    task.labels.some((label) => label < 0 || label >= task.classCount)
  ) {
    throw refuse('labels must hold one of 0..classCount-1 per picture');
  }
  const isOutside = (index: number) => index < 0 || index >= task.count;
  if (task.trainIndices.some(isOutside) || task.validationIndices.some(isOutside)) {
    throw refuse('indices must lie in 0..count-1');
  }
  if (!(task.batchSize >= 1) || !(task.epochs >= 1) || !(task.learningRate > 0)) {
    throw refuse('batchSize, epochs and learningRate must be positive');
  }
}
