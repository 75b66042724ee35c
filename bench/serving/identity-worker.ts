/** The compute threads of the product with an engine that computes nothing: features are the first grey levels. */
import { serveTask } from '../../src/compute/task-envelope.js';
import { parseExtractFeaturesTask } from '../../src/compute/task-schemas.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';

export { prepareImage } from '../../src/compute/worker.js';

export const extractFeatures = serveTask(
  parseExtractFeaturesTask,
  async ({ inputs, count, backbone: { featureSize } }) => {
    const startedAt = performance.now();
    const features = new Float32Array(count * featureSize);
    for (let row = 0; row < count; row += 1) {
      const start = row * INPUT_PIXELS;
      features.set(inputs.subarray(start, start + featureSize), row * featureSize);
    }
    return { features, inferMs: performance.now() - startedAt };
  },
  ({ features }) => [features],
);
