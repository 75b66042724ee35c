import { entryBeside } from '../compute/entry-beside.js';
import { inThread } from '../compute/channel.js';
import { createLane } from '../compute/lane.js';
import type { Task } from '../compute/task.js';
import type { Logger } from '../logger.js';
import type { BackboneRecord } from '../words/architecture.js';
import { CHECK_WEIGHTS, WRITE_NETWORKS, type WriteNetworksTask } from './network-tasks.js';

/** Whole networks as files, one at a time and in a thread that ends afterwards: up to seconds of computing, and gigabytes for VGG16. */
export interface NetworkFiles {
  /** Writes the ONNX and the TensorFlow.js form of a classifier into a folder. @throws GelqlError WEIGHTS_* */
  write(task: WriteNetworksTask): Promise<void>;
  /** Reads weights and checks digest, names, shapes and finiteness. @throws GelqlError WEIGHTS_* */
  check(backbone: BackboneRecord): Promise<void>;
}

export function createNetworkFiles(logger: Logger): NetworkFiles {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Input, Output>(task: Task<Input, Output>, input: Input): Promise<Output> => {
    const current = last.then(() => runOnce(task, input, logger));
    last = current.catch(() => undefined);
    return current;
  };
  return {
    write: (task) => inTurn(WRITE_NETWORKS, task),
    check: (backbone) => inTurn(CHECK_WEIGHTS, backbone),
  };
}

async function runOnce<Input, Output>(
  task: Task<Input, Output>,
  input: Input,
  logger: Logger,
): Promise<Output> {
  const open = inThread({ entry: entryBeside(import.meta.url, 'network-worker') });
  const lane = createLane({ name: 'networks', open, workers: 1, logger });
  try {
    return await lane.run(task, input);
  } finally {
    await lane.close();
  }
}
