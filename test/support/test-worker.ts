import { on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId, type MessagePort } from 'node:worker_threads';
import { GelqlError } from '../../src/errors.js';
import { serveTask } from '../../src/compute/task-envelope.js';

/** Small tasks that do what real ones do when things go well or badly. */

const asNumber = (payload: unknown): number => {
  if (typeof payload !== 'number') throw new GelqlError('BAD_REQUEST', 'A number was expected.');
  return payload;
};

export const double = serveTask(asNumber, async (value) => value * 2);

export const tellThread = serveTask(asNumber, async (delayMs) => {
  await sleep(delayMs);
  return threadId;
});

export const tellProcess = serveTask(asNumber, async (delayMs) => {
  await sleep(delayMs);
  return { pid: process.pid, mark: process.env.TEST_MARK ?? null };
});

export const refuse = serveTask(asNumber, async (value) => {
  throw new GelqlError('TOO_SMALL', `${value} is too small.`, { facts: { value } });
});

export const loseDevice = serveTask(asNumber, async () => {
  throw new GelqlError('DEVICE_LOST', 'The card went away.');
});

export const stumble = serveTask(asNumber, async (value) => {
  throw new TypeError(`cannot use ${value}`);
});

export const exit = serveTask(asNumber, async (code) => {
  process.exit(code);
});

export const killProcess = serveTask(asNumber, async () => {
  process.kill(process.pid, 'SIGKILL');
  await sleep(60_000);
});

export const throwOutsideTheTask = serveTask(asNumber, async () => {
  setImmediate(() => {
    throw new Error('nobody caught this');
  });
  await sleep(60_000);
});

export const throwWhenIdle = serveTask(asNumber, async () => {
  setTimeout(() => {
    throw new Error('nobody was waiting for this');
  }, 10);
  return threadId;
});

export const exhaustMemory = serveTask(asNumber, async () => {
  const hoard: string[][] = [];
  for (;;) hoard.push(new Array<string>(100_000).fill(`${hoard.length}`));
});

/** Reports 1, 2, 3... until cancelled or at `limit`. */
export const count = serveTask(asNumber, async (limit, context) => {
  for (let step = 1; step <= limit; step++) {
    if (context.isCancelled()) throw new GelqlError('CANCELLED', `Stopped before step ${step}.`);
    context.report(step);
    await sleep(1);
  }
  return limit;
});

/** Answers each number on the port with its double, until 0 comes; gives back how many there were. */
export const doubleOnPort = serveTask(
  (payload) => payload as { port: MessagePort; bytes: Uint8Array },
  async ({ port, bytes }) => {
    let count = 0;
    for await (const [value] of on(port, 'message') as AsyncIterable<[number]>) {
      if (value === 0) break;
      count += 1;
      port.postMessage(value * 2);
    }
    port.close();
    return { count, bytes };
  },
);

export const sumBytes = serveTask(
  (payload) => payload as Uint8Array,
  async (bytes) => bytes.reduce((sum, byte) => sum + byte, 0),
);

export const fill = serveTask(
  asNumber,
  async (size) => new Uint8Array(size).fill(7),
  (bytes) => [bytes],
);
