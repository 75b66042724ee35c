import * as worker from '../../src/compute/worker.js';
import type { ServedTask } from '../../src/compute/task-envelope.js';

/** The compute worker, whose graphics card goes away after the first epoch of a head whose seed is negative. */
export const trainHead: ServedTask = async (request) => {
  const { progress } = request;
  const { seed } = request.payload as { seed: number };
  if (seed >= 0 || progress === null) return worker.trainHead(request);
  const postMessage = progress.postMessage.bind(progress);
  progress.postMessage = (message) => {
    postMessage(message);
    void loseDevice();
  };
  return worker.trainHead(request);
};

async function loseDevice(): Promise<void> {
  const { backend } = await import('@tensorflow/tfjs-core');
  (backend() as unknown as { device: GPUDevice }).device.destroy();
}
