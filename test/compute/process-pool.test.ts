import { once } from 'node:events';
import { resolve } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import pino from 'pino';
import { createPool, type Pool, type PoolOptions } from '../../src/compute/pool.js';
import { entryOf } from '../../src/compute/worker-entry.js';

const entry = entryOf(resolve('test/support/test-worker.ts'));
const logger = pino({ level: 'silent' });
const pools: Pool[] = [];

function open(options: Partial<PoolOptions> = {}): Pool {
  const processEnvironment = { ...process.env, TEST_MARK: 'card 1' };
  const pool = createPool({ name: 'test', entry, threads: 1, logger, processEnvironment, ...options });
  pools.push(pool);
  return pool;
}

const of = (value: unknown) => () => ({ value, transfer: [] });
const caught = (task: Promise<unknown>) => task.catch((error: unknown) => error);

interface Place {
  pid: number;
  mark: string;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('a pool of processes', () => {
  it('runs tasks in a process of its own with an environment of its own, one after another in the same', async () => {
    const pool = open();
    const places = (await Promise.all([0, 0].map((delay) => pool.run('tellProcess', of(delay))))) as Place[];
    expect(places.map(({ mark }) => mark)).toEqual(['card 1', 'card 1']);
    expect(new Set(places.map(({ pid }) => pid)).size).toBe(1);
    expect(places[0]?.pid).not.toBe(process.pid);
  });

  it('starts as many processes as it may run tasks at once', async () => {
    const pool = open({ threads: 2 });
    const tasks = Array.from({ length: 4 }, () => pool.run('tellProcess', of(500)));
    expect(pool.load()).toEqual({ waiting: 2, running: 2 });
    const places = (await Promise.all(tasks)) as Place[];
    expect(new Set(places.map(({ pid }) => pid)).size).toBe(2);
  });

  it('carries arrays, reports and errors across', async () => {
    const pool = open();
    const reports: unknown[] = [];
    await pool.run('count', of(5), { onProgress: (step) => reports.push(step) });
    expect(reports).toEqual([1, 2, 3, 4, 5]);
    await expect(pool.run('sumBytes', of(new Uint8Array([1, 2, 3])))).resolves.toBe(6);
    await expect(pool.run('fill', of(3))).resolves.toEqual(new Uint8Array([7, 7, 7]));
    await expect(pool.run('refuse', of(3))).rejects.toMatchObject({
      code: 'TOO_SMALL',
      message: '3 is too small.',
      facts: { value: 3 },
    });
  });

  it('passes on what is said on a port of the task, both ways', async () => {
    const { port1, port2 } = new MessageChannel();
    const answers: unknown[] = [];
    port1.on('message', (value: unknown) => {
      answers.push(value);
      port1.postMessage(answers.length < 3 ? answers.length + 1 : 0);
    });
    const closed = once(port1, 'close');
    port1.postMessage(1);
    const value = { port: port2, bytes: new Uint8Array([9]) };
    const task = open().run('doubleOnPort', () => ({ value, transfer: [port2] }));
    await expect(task).resolves.toEqual({ count: 3, bytes: new Uint8Array([9]) });
    expect(answers).toEqual([2, 4, 6]);
    await closed;
  });

  it('fails the one task whose process dies, and goes on in a new one', async () => {
    const pool = open();
    const { pid } = (await pool.run('tellProcess', of(0))) as Place;
    const [killed, queued] = [caught(pool.run('killProcess', of(0))), pool.run('tellProcess', of(0))];
    expect(await killed).toMatchObject({
      code: 'WORKER_CRASHED',
      message: 'The test process ended during killProcess: the process ended with SIGKILL',
    });
    expect(((await queued) as Place).pid).not.toBe(pid);
  });

  it('calls it a crash where a process that has served dies before it hears of the next task', async () => {
    const pool = open();
    const { pid } = (await pool.run('tellProcess', of(0))) as Place;
    process.kill(pid, 'SIGKILL');
    await expect(pool.run('tellProcess', of(0))).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    expect(((await pool.run('tellProcess', of(0))) as Place).pid).not.toBe(pid);
  });

  it.each([
    ['lost its device', 'loseDevice', 'DEVICE_LOST'],
    ['lost its thread', 'exit', 'WORKER_CRASHED'],
  ])('gives no task to a process that has %s', async (_case, task, code) => {
    const pool = open();
    const { pid } = (await pool.run('tellProcess', of(0))) as Place;
    await expect(pool.run(task, of(1))).rejects.toMatchObject({ code });
    expect(((await pool.run('tellProcess', of(0))) as Place).pid).not.toBe(pid);
  });

  it('fails each task, and closes, where no process can be started', async () => {
    const { file, execArgv } = entryOf(resolve('test/support/unspawnable-worker.ts'));
    const worker = new Worker(file, { execArgv: execArgv ?? [] });
    expect(await once(worker, 'message')).toEqual([['SETUP_FAILED', 'SETUP_FAILED']]);
  });

  it('fails a task whose code cannot be loaded, once', async () => {
    const pool = open({ entry: entryOf(resolve('test/support/broken-worker.ts')) });
    await expect(pool.run('double', of(1))).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/this module cannot be loaded/),
    });
  });

  it('stops a running task at its next look, for its caller or where its listener throws', async () => {
    const pool = open();
    const { pid } = (await pool.run('tellProcess', of(0))) as Place;
    const controller = new AbortController();
    const onProgress = (step: unknown) => step === 3 && controller.abort();
    const stopped = pool.run('count', of(100_000), { signal: controller.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const broken = () => {
      throw new Error('the listener is broken');
    };
    await expect(pool.run('count', of(100_000), { onProgress: broken })).rejects.toMatchObject({
      message: 'the listener is broken',
    });
    expect(((await pool.run('tellProcess', of(0))) as Place).pid).toBe(pid);
  });

  it('leaves no process behind when it is closed', async () => {
    const pool = open();
    const { pid } = (await pool.run('tellProcess', of(0))) as Place;
    await pool.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});
