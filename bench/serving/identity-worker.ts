/** The compute threads of the product with an engine that computes nothing: features are the first grey levels. */
import { EXTRACT_FEATURES } from '../../src/compute/compute-tasks.js';
import { serveTask, type CreateTasks } from '../../src/compute/task.js';
import { createTasks as createComputeTasks } from '../../src/compute/worker.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';

const extractFeatures = serveTask(EXTRACT_FEATURES, async ({ inputs, count, backbone: { featureSize } }) => {
  const startedAt = performance.now();
  const features = new Float32Array(count * featureSize);
  for (let row = 0; row < count; row += 1) {
    const start = row * INPUT_PIXELS;
    features.set(inputs.subarray(start, start + featureSize), row * featureSize);
  }
  return { features, inferMs: performance.now() - startedAt };
});

export const createTasks: CreateTasks = (settings) => [...createComputeTasks(settings), extractFeatures];
