import { PREPARE_IMAGE } from '../../src/compute/compute-tasks.js';
import type { CreateTasks } from '../../src/compute/task.js';
import { createTasks as createComputeTasks } from '../../src/compute/worker.js';

/**
 * A decoder that some files end: a first byte below 100 is the exit code; one of 100 computes for ever in native code, one
 * of 101 takes memory for ever. All others it decodes.
 */
export const createTasks: CreateTasks = (settings) => {
  const tasks = createComputeTasks(settings);
  const decoder = tasks.find(({ name }) => name === PREPARE_IMAGE.name);
  if (decoder === undefined) throw new Error('the compute worker does not decode');
  const fragile: typeof decoder = {
    name: PREPARE_IMAGE.name,
    async run(input, context) {
      const [first = 255] = PREPARE_IMAGE.parseInput(input).bytes;
      if (first < 100) process.exit(first);
      if (first === 100) for (;;);
      const hoard: Uint8Array[] = [];
      while (first === 101) hoard.push(new Uint8Array(16 * 1024 * 1024).fill(hoard.length));
      return decoder.run(input, context);
    },
  };
  return [...tasks, fragile];
};
