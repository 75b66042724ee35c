import { headLayers, initialHead } from '../../networks/heads.js';
import type { TrainedHead, TrainHeadTask } from '../protocol.js';
import type { EpochProgress } from '../../words/run-event.js';
import { createEpochDrawer, gatherRows } from './head-batches.js';
import type { TensorFlow } from './head-layers.js';
import { runHeadTraining } from './run-head-training.js';

/**
 * Trains a head on the features of a frozen backbone: cross-entropy, Adam or SGD with momentum as PyTorch has them,
 * a fresh order and one drawn view per picture in each epoch. Initial values, order, views and dropout come from the
 * task's seed and integer arithmetic, so the same task on the same engine gives the same bytes.
 * @param task as checked at the thread's border (compute-tasks.ts)
 * @param tf TensorFlow.js on the backend that the engine chose
 * @throws GelqlError CANCELLED at the next batch after `isCancelled` turns true; BAD_REQUEST where training diverges
 */
export async function trainHead(
  tf: TensorFlow,
  task: TrainHeadTask,
  hooks: { onEpoch(epoch: EpochProgress): void; isCancelled(): boolean },
): Promise<TrainedHead> {
  const startedAt = performance.now();
  const layers = headLayers(task.head, task.featureSize, task.classCount);
  const trained = await runHeadTraining(
    tf,
    {
      parameters: initialHead(task.head, task.featureSize, task.classCount, task.seed),
      classCount: task.classCount,
      optimizer: task.optimizer,
      learningRate: task.learningRate,
      epochs: task.epochs,
      rules: task.rules,
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
  return { ...trained, trainMs: performance.now() - startedAt };
}
