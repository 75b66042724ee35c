import { existsSync, rmSync } from 'node:fs';
import { EXTRACT_FEATURES } from '../../src/compute/compute-tasks.js';
import { serveTask, type CreateTasks } from '../../src/compute/task.js';

/** An engine that dies in the middle of a batch as long as the file is there whose path its first picture spells. */
export const createTasks: CreateTasks = () => [
  serveTask(EXTRACT_FEATURES, async ({ inputs, count, backbone: { featureSize } }) => {
    const marker = new TextDecoder().decode(inputs.subarray(0, inputs.indexOf(0)));
    if (existsSync(marker)) {
      rmSync(marker);
      process.exit(7);
    }
    return { features: new Float32Array(count * featureSize).fill(5), inferMs: 0 };
  }),
];
