import { isUint8Array } from 'node:util/types';
import { z } from 'zod';
import { defineTask } from '../../src/compute/task.js';

/** Small tasks that do what real ones do when things go well or badly; test-worker.ts runs them. */

const bytes = z.custom<Uint8Array>(isUint8Array);
const takesNumber = <Output>(name: string, output: z.ZodType<Output>) =>
  defineTask(name, { input: z.number(), output });

export const DOUBLE = takesNumber('double', z.number());
export const TELL_THREAD = takesNumber('tellThread', z.number());
export const TELL_PROCESS = takesNumber(
  'tellProcess',
  z.object({ pid: z.number(), mark: z.string().nullable() }),
);
export const REFUSE = takesNumber('refuse', z.never());
export const LOSE_DEVICE = takesNumber('loseDevice', z.never());
export const STUMBLE = takesNumber('stumble', z.never());
export const EXIT = takesNumber('exit', z.never());
export const KILL_PROCESS = takesNumber('killProcess', z.never());
export const THROW_OUTSIDE = takesNumber('throwOutside', z.never());
export const THROW_WHEN_IDLE = takesNumber('throwWhenIdle', z.number());
export const EXHAUST_MEMORY = takesNumber('exhaustMemory', z.never());
/** Takes memory outside of the engine's heap, for as long as it is let. */
export const TAKE_MEMORY = takesNumber('takeMemory', z.never());
/** Computes on the thread that hears the lane for so many milliseconds, or for ever. */
export const COMPUTE = takesNumber('compute', z.number());
/** The same in a library that Node waits for: a hash of so many rounds. */
export const COMPUTE_NATIVELY = takesNumber('computeNatively', z.number());
/** Reports 1, 2, 3... until cancelled or at the number. */
export const COUNT = takesNumber('count', z.number());
/** As COUNT; each step keeps its thread for 20 ms, as a batch in a native library does. */
export const COUNT_BUSILY = takesNumber('countBusily', z.number());
export const SUM_BYTES = defineTask('sumBytes', { input: bytes, output: z.number() });
export const FILL = takesNumber('fill', bytes);
/** Doubles each number that it is sent, until 0 comes; gives back how many there were. */
export const DOUBLE_STREAM = defineTask('doubleStream', {
  input: bytes,
  output: z.object({ count: z.number(), bytes }),
});
/** Answers what is none. */
export const LIE = takesNumber('lie', z.string());
/** Sends the lane what is no message. */
export const SEND_NONSENSE = takesNumber('sendNonsense', z.number());
