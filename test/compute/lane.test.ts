import { resolve } from 'node:path';
import { inThread } from '../../src/compute/channel.js';
import { createLane, type Lane, type LaneOptions } from '../../src/compute/lane.js';
import type { Task } from '../../src/compute/task.js';
import { entryOf, type Entry } from '../../src/compute/worker-entry.js';
import * as tasks from '../support/test-tasks.js';

const entry = entryOf(resolve('test/support/test-worker.ts'));
const lanes: Lane[] = [];

function open({
  heapMb,
  entry: worker = entry,
  ...options
}: Partial<LaneOptions> & { heapMb?: number; entry?: Entry } = {}): Lane {
  const limits = heapMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMb } };
  const lane = createLane({
    name: 'test',
    open: inThread({ entry: worker, ...limits }),
    workers: 1,
    ...options,
  });
  lanes.push(lane);
  return lane;
}

/** For tasks after which a worker is as it was before; a thread from the sources takes a second to start. */
const shared = createLane({ name: 'test', open: inThread({ entry }), workers: 1 });
afterEach(async () => {
  await Promise.all(lanes.splice(0).map((lane) => lane.close()));
});
afterAll(() => shared.close());

describe('a lane that does its work', () => {
  it('answers with what the task returns', async () => {
    await expect(shared.run(tasks.DOUBLE, 21)).resolves.toBe(42);
  });

  it('runs as many tasks at once as it has workers, and no more', async () => {
    const lane = open({ workers: 2 });
    const answers = Array.from({ length: 6 }, () => lane.run(tasks.TELL_THREAD, 20));
    expect(lane.load()).toEqual({ waiting: 4, running: 2 });
    expect(new Set(await Promise.all(answers)).size).toBe(2);
    await new Promise(setImmediate);
    expect(lane.load()).toEqual({ waiting: 0, running: 0 });
  });

  it('keeps its thread, and with it what the thread has loaded, between tasks', async () => {
    const lane = shared;
    const first = await lane.run(tasks.TELL_THREAD, 0);
    await new Promise((wait) => setTimeout(wait, 50));
    await expect(lane.run(tasks.TELL_THREAD, 0)).resolves.toBe(first);
  });

  it('moves memory that is handed over, and copies what is not', async () => {
    const lane = shared;
    const bytes = new Uint8Array([1, 2, 3]);
    await expect(lane.run(tasks.SUM_BYTES, bytes)).resolves.toBe(6);
    expect(bytes.byteLength).toBe(3);
    await expect(lane.run(tasks.SUM_BYTES, bytes, { isHandedOver: true })).resolves.toBe(6);
    expect(bytes.byteLength).toBe(0);
  });

  it('leaves a window its memory, although it is handed over', async () => {
    const memory = new Uint8Array([1, 2, 3, 4]);
    const window = memory.subarray(1, 3);
    await expect(shared.run(tasks.SUM_BYTES, window, { isHandedOver: true })).resolves.toBe(5);
    expect(memory.byteLength).toBe(4);
  });

  it('gives back the memory of a result', async () => {
    const filled = await shared.run(tasks.FILL, 1000);
    expect([filled.length, filled[0], filled[999]]).toEqual([1000, 7, 7]);
  });

  it('delivers everything that a task sends before its answer, in order', async () => {
    const heard: unknown[] = [];
    await shared.run(tasks.COUNT, 25, { onMessage: (step) => heard.push(step) });
    expect(heard).toEqual(Array.from({ length: 25 }, (_, step) => step + 1));
  });
});

describe('a task that fails', () => {
  it('brings its code and facts across the thread border', async () => {
    await expect(shared.run(tasks.REFUSE, 3)).rejects.toMatchObject({
      name: 'GelqlError',
      code: 'TOO_SMALL',
      message: '3 is too small.',
      facts: { value: 3 },
    });
  });

  it('is INTERNAL where the error has no code, with the stack of the worker as the cause', async () => {
    const error: unknown = await shared.run(tasks.STUMBLE, 3).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'cannot use 3' });
    expect((error as Error).cause).toMatch(/test-worker/);
  });

  it('is one whose listener throws, and the task is stopped', async () => {
    const lane = shared;
    const task = lane.run(tasks.COUNT, 100_000, {
      onMessage: () => {
        throw new Error('the listener is broken');
      },
    });
    await expect(task).rejects.toMatchObject({ code: 'INTERNAL', message: 'the listener is broken' });
    await expect(lane.run(tasks.DOUBLE, 1)).resolves.toBe(2);
  });

  it('refuses an input of the wrong shape, and an answer of the wrong shape', async () => {
    const wrong: Task<unknown, number> = tasks.DOUBLE;
    await expect(shared.run(wrong, 'three')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(shared.run(tasks.LIE, 3)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/answer of lie is malformed/),
    });
  });

  it('refuses an input that cannot be sent to a thread, and keeps the thread', async () => {
    const lane = shared;
    const wrong: Task<unknown, number> = tasks.DOUBLE;
    await expect(lane.run(wrong, () => 3)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(lane.run(tasks.DOUBLE, 3)).resolves.toBe(6);
  });

  it('says so where the worker has no such task', async () => {
    const unknown = { ...tasks.DOUBLE, name: 'triple' };
    await expect(shared.run(unknown, 3)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/no task triple/),
    });
  });
});

describe('a thread that dies', () => {
  it.each<[string, Task<number, unknown>, number, RegExp]>([
    ['exits', tasks.EXIT, 3, /ended with code 3/],
    ['throws where nobody catches', tasks.THROW_OUTSIDE, 0, /nobody caught this/],
    ['runs out of memory', tasks.EXHAUST_MEMORY, 0, /memory limit/],
    ['sends what is no message', tasks.SEND_NONSENSE, 0, /what is no message/],
  ])('fails only its own task when it %s, and is replaced', async (_, task, input, reason) => {
    const lane = open({ workers: 2, heapMb: 48 });
    const neighbour = lane.run(tasks.TELL_THREAD, 300);
    const crash = lane.run(task, input).catch((caught: unknown) => caught);
    const queued = lane.run(tasks.DOUBLE, 2);
    expect(await crash).toMatchObject({ code: 'WORKER_CRASHED', message: expect.stringMatching(reason) });
    await expect(neighbour).resolves.toEqual(expect.any(Number));
    await expect(queued).resolves.toBe(4);
    await expect(lane.run(tasks.DOUBLE, 3)).resolves.toBe(6);
  });

  it('is replaced where it dies with nothing to do', async () => {
    const lane = open();
    const thread = await lane.run(tasks.THROW_WHEN_IDLE, 0);
    let answeredBy = thread;
    // Until it is dead the old thread may still take a task, and lose it.
    while (answeredBy === thread) answeredBy = await lane.run(tasks.TELL_THREAD, 5).catch(() => thread);
    expect(answeredBy).toEqual(expect.any(Number));
  });

  it('fails each task once, without starting thread after thread, where the code cannot be loaded', async () => {
    let started = 0;
    const broken = inThread({ entry: entryOf(resolve('test/support/broken-worker.ts')) });
    const lane = open({ open: (events) => ((started += 1), broken(events)) });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(lane.run(tasks.DOUBLE, 1)).rejects.toMatchObject({
        code: 'SETUP_FAILED',
        message: expect.stringMatching(/this module cannot be loaded/),
      });
    }
    await new Promise((wait) => setTimeout(wait, 100));
    expect(started).toBe(2);
  });

  it('fails a task whose thread does not come up at all', async () => {
    const lane = open({ entry: { file: entry.file, execArgv: ['--import', 'file:///nowhere/loader.mjs'] } });
    await expect(lane.run(tasks.DOUBLE, 1)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/nowhere/),
    });
  });
});

describe('a caller who goes away', () => {
  it('takes a waiting task out of the queue before it runs', async () => {
    const lane = shared;
    const busy = lane.run(tasks.TELL_THREAD, 100);
    const controller = new AbortController();
    const bytes = new Uint8Array([1]);
    const waiting = lane.run(tasks.SUM_BYTES, bytes, { signal: controller.signal, isHandedOver: true });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await busy;
    await lane.run(tasks.DOUBLE, 1);
    expect(bytes.byteLength).toBe(1);
  });

  it.each([
    ['waits between its steps', tasks.COUNT],
    ['keeps its thread busy but for a turn of the event loop', tasks.COUNT_BUSILY],
  ])('stops a running task that %s at its next look and keeps the thread', async (_, task) => {
    const lane = shared;
    const thread = await lane.run(tasks.TELL_THREAD, 0);
    const controller = new AbortController();
    const steps: unknown[] = [];
    const counting = lane.run(task, 100_000, {
      signal: controller.signal,
      onMessage: (step) => {
        steps.push(step);
        if (step === 3) controller.abort();
      },
    });
    await expect(counting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(steps.length).toBeLessThan(1000);
    await expect(lane.run(tasks.TELL_THREAD, 0)).resolves.toBe(thread);
  });

  it('is told at once where it had gone before', async () => {
    await expect(shared.run(tasks.DOUBLE, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('closing', () => {
  it('lets running tasks end, rejects waiting and later ones', async () => {
    const lane = open();
    await lane.run(tasks.DOUBLE, 0);
    const running = lane.run(tasks.TELL_THREAD, 50);
    const waiting = lane.run(tasks.DOUBLE, 1).catch((caught: unknown) => caught);
    const closed = lane.close();
    await expect(running).resolves.toEqual(expect.any(Number));
    expect(await waiting).toMatchObject({ code: 'SHUTTING_DOWN' });
    await closed;
    await expect(lane.run(tasks.DOUBLE, 1)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('ends a task that takes too long', async () => {
    const lane = open({ closeTimeoutMs: 20 });
    await lane.run(tasks.DOUBLE, 0);
    const endless = lane.run(tasks.TELL_THREAD, 600_000).catch((caught: unknown) => caught);
    await lane.close();
    expect(await endless).toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
