import { entryBeside } from '../compute/entry-beside.js';
import { createPool } from '../compute/pool.js';
import type { Logger } from '../logger.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { WriteNetworksTask } from './network-worker.js';

/** Whole networks as files, one at a time and in a thread that ends afterwards: up to seconds of computing, and gigabytes for VGG16. */
export interface NetworkFiles {
  /** Writes the ONNX and the TensorFlow.js form of a classifier into a folder. @throws GelqlError WEIGHTS_* */
  write(task: WriteNetworksTask): Promise<void>;
  /** Reads weights and checks digest, names, shapes and finiteness. @throws GelqlError WEIGHTS_* */
  check(backbone: BackboneRecord): Promise<void>;
}

export function createNetworkFiles(logger: Logger): NetworkFiles {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (task: string, value: unknown): Promise<unknown> => {
    const current = last.then(() => runOnce(task, value, logger));
    last = current.catch(() => undefined);
    return current;
  };
  return {
    write: async (task) => void (await inTurn('writeNetworks', task)),
    check: async (backbone) => void (await inTurn('checkWeights', backbone)),
  };
}

async function runOnce(task: string, value: unknown, logger: Logger): Promise<unknown> {
  const entry = entryBeside(import.meta.url, 'network-worker');
  const pool = createPool({ name: 'networks', entry, threads: 1, logger });
  try {
    return await pool.run(task, () => ({ value, transfer: [] }));
  } finally {
    await pool.close();
  }
}
