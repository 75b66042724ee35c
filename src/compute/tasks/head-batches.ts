import { createRandom, shuffle } from '../../random.js';
import type { TrainHeadTask } from '../protocol.js';

/** Rows of features with their labels: `inputs` [labels.length, featureSize]. */
export interface Batch {
  inputs: Float32Array;
  labels: Int32Array;
}

type FeatureTable = Pick<TrainHeadTask, 'features' | 'featureSize' | 'views' | 'labels'>;

/**
 * The batches of each epoch in turn: every training picture once, in a fresh order, each in one of its views. The last
 * batch holds what is left over. The order depends on the seed only, never on the engine.
 */
export function createEpochDrawer(
  task: FeatureTable & Pick<TrainHeadTask, 'trainIndices' | 'batchSize' | 'seed'>,
): () => Generator<Batch> {
  const orderRandom = createRandom(task.seed, 'order');
  const viewRandom = createRandom(task.seed, 'views');
  return function* drawEpoch() {
    const order = shuffle(Int32Array.from(task.trainIndices), orderRandom);
    for (let start = 0; start < order.length; start += task.batchSize) {
      const pictures = order.subarray(start, start + task.batchSize);
      yield gatherRows(task, pictures, () => (task.views > 1 ? viewRandom.nextBelow(task.views) : 0));
    }
  };
}

/** Copies one view of each picture out of `features` [count, views, featureSize]. */
export function gatherRows(table: FeatureTable, pictures: Int32Array, viewOf: () => number): Batch {
  const { features, featureSize, views } = table;
  const inputs = new Float32Array(pictures.length * featureSize);
  const labels = new Int32Array(pictures.length);
  pictures.forEach((picture, row) => {
    const start = (picture * views + viewOf()) * featureSize;
    inputs.set(features.subarray(start, start + featureSize), row * featureSize);
    labels[row] = table.labels[picture] ?? 0;
  });
  return { inputs, labels };
}

/**
 * Inverted dropout: 0 with probability `rate`, else 1 / (1 - rate). Drawn here and not by the engine, so that every
 * engine drops the same values.
 */
export function createMaskDrawer(
  seed: number,
  stream = 'dropout',
): (size: number, rate: number) => Float32Array {
  const random = createRandom(seed, stream);
  return (size, rate) => {
    const kept = 1 / (1 - rate);
    const threshold = rate * 2 ** 32;
    const mask = new Float32Array(size);
    for (let index = 0; index < size; index++) mask[index] = random.nextUint32() < threshold ? 0 : kept;
    return mask;
  };
}
