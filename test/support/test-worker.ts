import { pbkdf2 } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parentPort, threadId } from 'node:worker_threads';
import { serveTask, type CreateTasks, type Task, type TaskContext } from '../../src/compute/task.js';
import { GelqlError } from '../../src/errors.js';
import * as tasks from './test-tasks.js';

function computeFor(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

async function countTo(
  limit: number,
  { signal, send }: TaskContext,
  step: () => Promise<void>,
): Promise<number> {
  for (let number = 1; number <= limit; number++) {
    if (signal.aborted) throw new GelqlError('CANCELLED', `Stopped before step ${number}.`);
    send(number);
    await step();
  }
  return limit;
}

async function hoard(take: (round: number) => unknown): Promise<never> {
  const kept: unknown[] = [];
  for (;;) kept.push(take(kept.length));
}

export const createTasks: CreateTasks = () => [
  serveTask(tasks.DOUBLE, async (value) => value * 2),
  serveTask(tasks.TELL_THREAD, async (delayMs) => {
    await sleep(delayMs);
    return threadId;
  }),
  serveTask(tasks.TELL_PROCESS, async (delayMs) => {
    await sleep(delayMs);
    return { pid: process.pid, mark: process.env.TEST_MARK ?? null };
  }),
  serveTask(tasks.REFUSE, async (value) => {
    throw new GelqlError('TOO_SMALL', `${value} is too small.`, { facts: { value } });
  }),
  serveTask(tasks.LOSE_DEVICE, async () => {
    throw new GelqlError('DEVICE_LOST', 'The card went away.');
  }),
  serveTask(tasks.STUMBLE, async (value) => {
    throw new TypeError(`cannot use ${value}`);
  }),
  serveTask(tasks.EXIT, async (code) => process.exit(code)),
  serveTask(tasks.KILL_PROCESS, async () => {
    process.kill(process.pid, 'SIGKILL');
    return sleep<never>(60_000);
  }),
  serveTask(tasks.THROW_OUTSIDE, async () => {
    setImmediate(() => {
      throw new Error('nobody caught this');
    });
    return sleep<never>(60_000);
  }),
  serveTask(tasks.THROW_WHEN_IDLE, async () => {
    setTimeout(() => {
      throw new Error('nobody was waiting for this');
    }, 10);
    return threadId;
  }),
  serveTask(tasks.EXHAUST_MEMORY, () => hoard((round) => new Array<string>(100_000).fill(`${round}`))),
  serveTask(tasks.TAKE_MEMORY, () => hoard((round) => new Uint8Array(16 * 1024 * 1024).fill(round))),
  serveTask(tasks.COMPUTE, async (milliseconds) => {
    computeFor(milliseconds);
    return milliseconds;
  }),
  serveTask(tasks.COMPUTE_NATIVELY, async (rounds) => {
    await promisify(pbkdf2)('password', 'salt', rounds, 32, 'sha256');
    return rounds;
  }),
  serveTask(tasks.COUNT, (limit, context) => countTo(limit, context, () => sleep(1))),
  serveTask(tasks.COUNT_BUSILY, (limit, context) =>
    countTo(limit, context, () => {
      computeFor(20);
      return nextTurn();
    }),
  ),
  serveTask(tasks.SUM_BYTES, async (bytes) => bytes.reduce((sum, byte) => sum + byte, 0)),
  serveTask(tasks.FILL, async (size) => new Uint8Array(size).fill(7)),
  serveTask(
    tasks.DOUBLE_STREAM,
    (bytes, { send, onMessage }) =>
      new Promise((resolve) => {
        let count = 0;
        onMessage((value) => {
          if (value === 0) return resolve({ count, bytes });
          count += 1;
          send(Number(value) * 2);
        });
      }),
  ),
  serveTask(tasks.LIE as unknown as Task<number, number>, async (value) => value),
  serveTask(tasks.SEND_NONSENSE, async (value) => {
    const nonsense = { kind: 'nonsense' };
    if (parentPort === null) process.send?.(nonsense);
    else parentPort.postMessage(nonsense);
    await sleep(100);
    return value;
  }),
];
