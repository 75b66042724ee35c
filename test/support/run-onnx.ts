import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';

export interface OnnxTask {
  /** Bytes of the file. */
  model: Uint8Array;
  /** [count, 224, 224]. */
  inputs: Uint8Array;
  count: number;
}

/** Runs an exported classifier in a real thread: ONNX Runtime refuses typed arrays of jest's own realm. */
export async function runOnnx(
  task: OnnxTask,
): Promise<{ logits: Float32Array; probabilities: Float32Array }> {
  const { file, execArgv } = entryOf(resolve('test/support/onnx-worker.ts'));
  const worker = new Worker(file, {
    workerData: task,
    ...(execArgv === null ? {} : { execArgv }),
  });
  const [answer] = (await once(worker, 'message')) as [Awaited<ReturnType<typeof runOnnx>>];
  await worker.terminate();
  return answer;
}
