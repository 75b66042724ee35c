import { GelqlError } from '../../errors.js';
import type { Network } from './network.js';

/** WebGPU refuses a buffer above its limits as a mistake of the program; here it means that the batch is too large. */
const ABOVE_LIMIT = /(exceeds|larger than|greater than).*\bmax/i;

/** Runs something on a graphics card for so many pictures. */
export type WatchRun = <Value>(pictures: number, run: () => Promise<Value>) => Promise<Value>;

/**
 * Tells the failures of a graphics card apart from others: a run that does not fit is DEVICE_OUT_OF_MEMORY, one whose
 * device went away (driver reset, card unplugged) DEVICE_LOST, at once and at every later run.
 */
export function watchGpu(device: GPUDevice): WatchRun {
  let loss: GPUDeviceLostInfo | null = null;
  const lost = device.lost.then((info) => (loss = info));
  const throwIfLost = () => {
    if (loss !== null) throw deviceLost(loss.message);
  };
  return async function watch<Value>(pictures: number, run: () => Promise<Value>): Promise<Value> {
    throwIfLost();
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    // A lost device leaves some promises of its own pending.
    const answer = Promise.race([run(), lost.then(throwIfLost)]);
    const [outcome] = await Promise.allSettled([answer]);
    const memory = await Promise.race([device.popErrorScope(), lost.then(() => null)]).catch(() => null);
    const mistake = await Promise.race([device.popErrorScope(), lost.then(() => null)]).catch(() => null);
    throwIfLost();
    if (memory !== null) throw outOfMemory(pictures, memory.message);
    if (mistake !== null) {
      if (ABOVE_LIMIT.test(mistake.message)) throw outOfMemory(pictures, mistake.message);
      throw new Error(`WebGPU refuses the program: ${mistake.message}`);
    }
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value as Value;
  };
}

/** A network whose runs are watched. */
export function watchNetwork(network: Network, watch: WatchRun): Network {
  return {
    ...network,
    run: (values, count, names) => watch(count, () => network.run(values, count, names)),
  };
}

export function deviceLost(message: string): GelqlError {
  return new GelqlError('DEVICE_LOST', `The graphics card went away: ${message || 'no reason was given'}.`);
}

export function outOfMemory(count: number, message: string): GelqlError {
  return new GelqlError(
    'DEVICE_OUT_OF_MEMORY',
    `${count} pictures at once do not fit into the memory of the graphics card: ${message}`,
    { facts: { pictures: count } },
  );
}

const OUT_OF_MEMORY =
  /out of memory|OOM when allocating|RESOURCE_EXHAUSTED|failed to allocate|exceeds the max/i;

/** The same for libraries whose failures differ by their text only. */
export const nameFailures: WatchRun = async (pictures, run) => {
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (/device (is |was )?lost/i.test(message)) throw deviceLost(message);
    if (OUT_OF_MEMORY.test(message)) throw outOfMemory(pictures, message);
    throw error;
  }
};
