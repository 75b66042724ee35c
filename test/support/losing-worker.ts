import { TRAIN_HEAD } from '../../src/compute/compute-tasks.js';
import type { CreateTasks } from '../../src/compute/task.js';
import { createTasks as createComputeTasks } from '../../src/compute/worker.js';

/** The compute worker, whose graphics card goes away after the first epoch of a head whose seed is negative. */
export const createTasks: CreateTasks = (settings) =>
  createComputeTasks(settings).map((task) => {
    if (task.name !== TRAIN_HEAD.name) return task;
    return {
      name: task.name,
      run(input, context) {
        if (TRAIN_HEAD.parseInput(input).seed >= 0) return task.run(input, context);
        const send = (body: unknown) => {
          context.send(body);
          void loseDevice();
        };
        return task.run(input, { ...context, send });
      },
    };
  });

async function loseDevice(): Promise<void> {
  const { backend } = await import('@tensorflow/tfjs-core');
  (backend() as unknown as { device: GPUDevice }).device.destroy();
}
