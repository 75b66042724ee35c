import { existsSync, rmSync } from 'node:fs';
import { serveTask } from '../../src/compute/task-envelope.js';
import { parseExtractFeaturesTask } from '../../src/compute/task-schemas.js';

export { prepareImage } from '../../src/compute/worker.js';

/** An engine that dies in the middle of a batch as long as the file is there whose path its first picture spells. */
export const extractFeatures = serveTask(
  parseExtractFeaturesTask,
  async ({ inputs, count, backbone: { featureSize } }) => {
    const marker = new TextDecoder().decode(inputs.subarray(0, inputs.indexOf(0)));
    if (existsSync(marker)) {
      rmSync(marker);
      process.exit(7);
    }
    return { features: new Float32Array(count * featureSize).fill(5), inferMs: 0 };
  },
  ({ features }) => [features],
);
