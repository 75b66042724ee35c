import { GelqlError } from '../../errors.js';
import type { Network } from './network.js';

/** WebGPU refuses a buffer above its limits as a mistake of the program; here it means that the batch is too large. */
const ABOVE_LIMIT = /(exceeds|larger than|greater than).*\bmax/i;

/** Runs something on a graphics card for so many pictures; 0 where it only reads weights back. */
export type WatchRun = <Value>(pictures: number, run: () => Promise<Value>) => Promise<Value>;

/**
 * Tells the failures of a graphics card apart from others: a run that does not fit is DEVICE_OUT_OF_MEMORY, one whose
 * device went away (driver reset, card unplugged) DEVICE_LOST, at once and at every later run.
 */
export function watchGpu(device: GPUDevice): WatchRun {
  const { throwIfLost, unlessLost } = watchLoss(device);
  const popScope = () => unlessLost(device.popErrorScope()).catch(() => null);
  return async function watch<Value>(pictures: number, run: () => Promise<Value>): Promise<Value> {
    throwIfLost();
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    const [outcome] = await Promise.allSettled([unlessLost(run())]);
    const memory = await popScope();
    const mistake = await popScope();
    throwIfLost();
    if (memory !== null) throw outOfMemory(pictures, memory.message);
    if (mistake !== null) {
      if (ABOVE_LIMIT.test(mistake.message)) throw outOfMemory(pictures, mistake.message);
      throw new Error(`WebGPU refuses the program: ${mistake.message}`);
    }
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

interface LossWatch {
  throwIfLost: () => void;
  /** @throws (rejects) GelqlError DEVICE_LOST as soon as the device is gone */
  unlessLost: <Value>(work: Promise<Value>) => Promise<Value>;
}

/**
 * A lost device leaves some promises of its own pending: `unlessLost` ends the wait for them. It is no race against
 * `device.lost`, which would hold the answer of every run for as long as the device lives.
 */
function watchLoss(device: GPUDevice): LossWatch {
  const waiting = new Set<(loss: GelqlError) => void>();
  let loss: GelqlError | null = null;
  void device.lost.then(({ message }) => {
    loss = deviceLost(message);
    for (const reject of waiting) reject(loss);
    waiting.clear();
  });
  return {
    throwIfLost() {
      if (loss !== null) throw loss;
    },
    unlessLost<Value>(work: Promise<Value>): Promise<Value> {
      return new Promise<Value>((resolve, reject) => {
        if (loss !== null) reject(loss);
        else waiting.add(reject);
        work.then(resolve, reject).finally(() => waiting.delete(reject));
      });
    },
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
    `${count === 0 ? 'The weights' : `${count} pictures at once`} do not fit into the memory of the graphics card: ${message}`,
    { facts: { pictures: count } },
  );
}

/**
 * As TensorFlow, ONNX Runtime's CUDA (its arena, cuBLAS, cuDNN, the driver) and its WebGPU say it. The last one tells the
 * want of memory to its log only, and fails at the first use of the buffer that it did not get.
 */
const OUT_OF_MEMORY =
  /out of memory|OOM when allocating|RESOURCE_EXHAUSTED|failed to allocate|ALLOC(ATION)?_FAILED|smaller than requested bytes|(exceeds|larger than) the max|\[Invalid Buffer[^\]]*\] is invalid due to a previous error/i;

const LOST = /device[\]_ ]+((is|was) )?(lost|removed|destroyed)/i;

/** After these errors of CUDA the process gets nothing else from it: its context is gone, though the card may be well. */
const LOST_CONTEXT =
  /illegal memory access|illegal instruction|misaligned address|unspecified launch failure|launch timed out|device-side assert|hardware stack error|uncorrectable (ECC|NVLink)|busy or unavailable|context is destroyed|driver shutting down|CUDA_ERROR_UNKNOWN|CUDA failure 999|GPU sync failed|CU(DNN|BLAS)_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR)/i;

/** The same for libraries whose failures differ by their text only. */
export const nameFailures: WatchRun = async (pictures, run) => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof GelqlError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (OUT_OF_MEMORY.test(message)) throw outOfMemory(pictures, message);
    if (LOST.test(message) || LOST_CONTEXT.test(message)) throw deviceLost(message);
    throw error;
  }
};
