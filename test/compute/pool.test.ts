import { resolve } from 'node:path';
import pino from 'pino';
import { createPool, type Pool, type PoolOptions } from '../../src/compute/pool.js';
import { entryOf } from '../../src/compute/worker-entry.js';

const entry = entryOf(resolve('test/support/test-worker.ts'));
const logger = pino({ level: 'silent' });
const pools: Pool[] = [];

function open(options: Partial<PoolOptions> = {}): Pool {
  const pool = createPool({ name: 'test', entry, threads: 1, logger, ...options });
  pools.push(pool);
  return pool;
}

const of = (value: unknown) => () => ({ value, transfer: [] });

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('a pool that does its work', () => {
  it('answers with what the task returns', async () => {
    await expect(open().run('double', of(21))).resolves.toBe(42);
  });

  it('runs as many tasks at once as it has threads, and no more', async () => {
    const pool = open({ threads: 2 });
    const answers = Array.from({ length: 6 }, () => pool.run('tellThread', of(20)));
    expect(pool.load()).toEqual({ waiting: 4, running: 2 });
    expect(new Set(await Promise.all(answers)).size).toBe(2);
    await new Promise(setImmediate);
    expect(pool.load()).toEqual({ waiting: 0, running: 0 });
  });

  it('keeps its thread, and with it what the thread has loaded, between tasks', async () => {
    const pool = open();
    const first = await pool.run('tellThread', of(0));
    await new Promise((wait) => setTimeout(wait, 50));
    await expect(pool.run('tellThread', of(0))).resolves.toBe(first);
  });

  it('moves given memory instead of copying it', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    await expect(open().run('sumBytes', () => ({ value: bytes, transfer: [bytes.buffer] }))).resolves.toBe(6);
    expect(bytes.byteLength).toBe(0);
  });

  it('gives back the memory of a result', async () => {
    const filled = (await open().run('fill', of(1000))) as Uint8Array;
    expect([filled.length, filled[0], filled[999]]).toEqual([1000, 7, 7]);
  });

  it('delivers every report before the answer, in order', async () => {
    const reports: unknown[] = [];
    await open().run('count', of(25), { onProgress: (step) => reports.push(step) });
    expect(reports).toEqual(Array.from({ length: 25 }, (_, step) => step + 1));
  });
});

describe('a task that fails', () => {
  it('brings its code and facts across the thread border', async () => {
    await expect(open().run('refuse', of(3))).rejects.toMatchObject({
      name: 'GelqlError',
      code: 'TOO_SMALL',
      message: '3 is too small.',
      facts: { value: 3 },
    });
  });

  it('is INTERNAL where the error has no code, with the stack of the worker as the cause', async () => {
    const error: unknown = await open()
      .run('stumble', of(3))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'cannot use 3' });
    expect((error as Error).cause).toMatch(/test-worker/);
  });

  it('is one whose listener throws, and the task is stopped', async () => {
    const pool = open();
    const task = pool.run('count', of(100_000), {
      onProgress: () => {
        throw new Error('the listener is broken');
      },
    });
    await expect(task).rejects.toMatchObject({ code: 'INTERNAL', message: 'the listener is broken' });
    await expect(pool.run('double', of(1))).resolves.toBe(2);
  });

  it('refuses a message of the wrong shape', async () => {
    await expect(open().run('double', of('three'))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('refuses an input that cannot be sent to a thread', async () => {
    await expect(
      open().run(
        'double',
        of(() => 3),
      ),
    ).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('a thread that dies', () => {
  it.each([
    ['exits', 'exit', 3, /exited with code: 3/],
    ['throws where nobody catches', 'throwOutsideTheTask', 0, /nobody caught this/],
    ['runs out of memory', 'exhaustMemory', 0, /memory limit/],
  ])('fails only its own task when it %s, and is replaced', async (_, task, payload, reason) => {
    const pool = open({ threads: 2, resourceLimits: { maxOldGenerationSizeMb: 48 } });
    const neighbour = pool.run('tellThread', of(300));
    const crash = pool.run(task, of(payload)).catch((caught: unknown) => caught);
    const queued = pool.run('double', of(2));
    expect(await crash).toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringMatching(reason) });
    await expect(neighbour).resolves.toEqual(expect.any(Number));
    await expect(queued).resolves.toBe(4);
    await expect(pool.run('double', of(3))).resolves.toBe(6);
  });

  it('is replaced where it dies with nothing to do', async () => {
    const pool = open();
    const thread = await pool.run('throwWhenIdle', of(0));
    let answeredBy: unknown = thread;
    // Until it is dead the old thread may still take a task, and lose it.
    while (answeredBy === thread) answeredBy = await pool.run('tellThread', of(5)).catch(() => thread);
    expect(answeredBy).toEqual(expect.any(Number));
  });

  it('fails each task once, without starting thread after thread, where the code cannot be loaded', async () => {
    const pool = open({ entry: entryOf(resolve('test/support/broken-worker.ts')) });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(pool.run('double', of(1))).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringMatching(/this module cannot be loaded/),
      });
    }
  });

  it('fails a task whose thread does not come up at all', async () => {
    const pool = open({ entry: { file: entry.file, execArgv: ['--import', 'file:///nowhere/loader.mjs'] } });
    await expect(pool.run('double', of(1))).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/nowhere/),
    });
  });
});

describe('a caller who goes away', () => {
  it('takes a waiting task out of the queue before it runs', async () => {
    const pool = open();
    const busy = pool.run('tellThread', of(100));
    const controller = new AbortController();
    let prepared = 0;
    const waiting = pool.run('double', () => ({ value: (prepared += 1), transfer: [] }), {
      signal: controller.signal,
    });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await busy;
    await pool.run('double', of(1));
    expect(prepared).toBe(0);
  });

  it('stops a running task at its next look and keeps the thread', async () => {
    const pool = open();
    const thread = await pool.run('tellThread', of(0));
    const controller = new AbortController();
    const steps: unknown[] = [];
    const task = pool.run('count', of(100_000), {
      signal: controller.signal,
      onProgress: (step) => {
        steps.push(step);
        if (step === 3) controller.abort();
      },
    });
    await expect(task).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(steps.length).toBeLessThan(1000);
    await expect(pool.run('tellThread', of(0))).resolves.toBe(thread);
  });

  it('is told at once where it had gone before', async () => {
    await expect(open().run('double', of(1), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('closing', () => {
  it('lets running tasks end, rejects waiting and later ones', async () => {
    const pool = open();
    await pool.run('double', of(0));
    const running = pool.run('tellThread', of(50));
    const waiting = pool.run('double', of(1)).catch((caught: unknown) => caught);
    const closed = pool.close();
    await expect(running).resolves.toEqual(expect.any(Number));
    expect(await waiting).toMatchObject({ code: 'SHUTTING_DOWN' });
    await closed;
    await expect(pool.run('double', of(1))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('ends a task that takes too long', async () => {
    const pool = open({ closeTimeoutMs: 20 });
    await pool.run('double', of(0));
    const endless = pool.run('tellThread', of(600_000)).catch((caught: unknown) => caught);
    await pool.close();
    expect(await endless).toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
