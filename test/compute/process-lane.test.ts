import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { inProcess } from '../../src/compute/channel.js';
import { createLane, type Lane, type LaneOptions } from '../../src/compute/lane.js';
import type { Task } from '../../src/compute/task.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { GelqlError } from '../../src/errors.js';
import * as tasks from '../support/test-tasks.js';

const entry = entryOf(resolve('test/support/test-worker.ts'));
const environment = { ...process.env, TEST_MARK: 'card 1' };
const lanes: Lane[] = [];

function open(options: Partial<LaneOptions> = {}): Lane {
  const lane = createLane({ name: 'test', open: inProcess({ entry, environment }), workers: 1, ...options });
  lanes.push(lane);
  return lane;
}

const caught = (task: Promise<unknown>) => task.catch((error: unknown) => error);
const pidOf = async (lane: Lane) => (await lane.run(tasks.TELL_PROCESS, 0)).pid;

/** For tasks after which a process is as it was before. */
const shared = createLane({ name: 'test', open: inProcess({ entry, environment }), workers: 1 });
afterEach(async () => {
  await Promise.all(lanes.splice(0).map((lane) => lane.close()));
});
afterAll(() => shared.close());

describe('a lane of processes', () => {
  it('runs tasks in a process of its own with an environment of its own, one after another in the same', async () => {
    const lane = shared;
    const places = await Promise.all([0, 0].map((delay) => lane.run(tasks.TELL_PROCESS, delay)));
    expect(places.map(({ mark }) => mark)).toEqual(['card 1', 'card 1']);
    expect(new Set(places.map(({ pid }) => pid)).size).toBe(1);
    expect(places[0]?.pid).not.toBe(process.pid);
  });

  it('starts as many processes as it may run tasks at once', async () => {
    const lane = open({ workers: 2 });
    const answers = Array.from({ length: 4 }, () => lane.run(tasks.TELL_PROCESS, 500));
    expect(lane.load()).toEqual({ waiting: 2, running: 2 });
    expect(new Set((await Promise.all(answers)).map(({ pid }) => pid)).size).toBe(2);
  });

  it('carries arrays, messages and errors across', async () => {
    const lane = shared;
    const heard: unknown[] = [];
    await lane.run(tasks.COUNT, 5, { onMessage: (step) => heard.push(step) });
    expect(heard).toEqual([1, 2, 3, 4, 5]);
    await expect(lane.run(tasks.SUM_BYTES, new Uint8Array([1, 2, 3]))).resolves.toBe(6);
    await expect(lane.run(tasks.FILL, 3)).resolves.toEqual(new Uint8Array([7, 7, 7]));
    await expect(lane.run(tasks.REFUSE, 3)).rejects.toMatchObject({
      code: 'TOO_SMALL',
      message: '3 is too small.',
      facts: { value: 3 },
    });
  });

  it('carries a stream both ways, from before the process is up', async () => {
    const answers: unknown[] = [];
    let send: (body: unknown) => void = () => undefined;
    const answer = open().run(tasks.DOUBLE_STREAM, new Uint8Array([9]), {
      onStart(toTask) {
        send = toTask;
        send(1);
      },
      onMessage(value) {
        answers.push(value);
        send(answers.length < 3 ? answers.length + 1 : 0);
      },
    });
    await expect(answer).resolves.toEqual({ count: 3, bytes: new Uint8Array([9]) });
    expect(answers).toEqual([2, 4, 6]);
    // Too late: it reaches nobody.
    send(7);
  });

  it('fails the one task whose process dies, and goes on in a new one', async () => {
    const lane = open();
    const pid = await pidOf(lane);
    const [killed, queued] = [caught(lane.run(tasks.KILL_PROCESS, 0)), pidOf(lane)];
    expect(await killed).toMatchObject({
      code: 'WORKER_CRASHED',
      message: 'The test process ended during killProcess: it ended with SIGKILL',
    });
    expect(await queued).not.toBe(pid);
  });

  it('calls it a crash where a process that has served dies before it hears of the next task', async () => {
    const lane = open();
    const pid = await pidOf(lane);
    process.kill(pid, 'SIGKILL');
    await expect(pidOf(lane)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
    expect(await pidOf(lane)).not.toBe(pid);
  });

  it.each<[string, Task<number, unknown>, string]>([
    ['lost its device', tasks.LOSE_DEVICE, 'DEVICE_LOST'],
    ['sent what is no message', tasks.SEND_NONSENSE, 'WORKER_CRASHED'],
  ])('gives no task to a process that has %s', async (_case, task, code) => {
    const lane = open({ lastWords: ['DEVICE_LOST'] });
    const pid = await pidOf(lane);
    await expect(lane.run(task, 1)).rejects.toMatchObject({ code });
    expect(await pidOf(lane)).not.toBe(pid);
  });

  it('fails each task, and closes, where no process can be started', async () => {
    const { file, execArgv } = entryOf(resolve('test/support/unspawnable-worker.ts'));
    const worker = new Worker(file, { execArgv: execArgv ?? [] });
    expect(await once(worker, 'message')).toEqual([['SETUP_FAILED', 'SETUP_FAILED']]);
  });

  it('fails a task whose code cannot be loaded, once', async () => {
    const broken = inProcess({ entry: entryOf(resolve('test/support/broken-worker.ts')) });
    await expect(open({ open: broken }).run(tasks.DOUBLE, 1)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/this module cannot be loaded/),
    });
  });

  it('says why a process does not come up at all, in its own words', async () => {
    const execArgv = ['--import', 'file:///nowhere/loader.mjs'];
    const absent = inProcess({ entry: { file: entry.file, execArgv } });
    await expect(open({ open: absent }).run(tasks.DOUBLE, 1)).rejects.toMatchObject({
      code: 'SETUP_FAILED',
      message: expect.stringMatching(/code 1. It said: .*nowhere/s),
    });
  });

  it.each([
    ['waits between its steps', tasks.COUNT],
    ['keeps its thread busy but for a turn of the event loop', tasks.COUNT_BUSILY],
  ])('stops a task that %s, for its caller or where its listener throws', async (_, task) => {
    const lane = shared;
    const pid = await pidOf(lane);
    const controller = new AbortController();
    const steps: unknown[] = [];
    const onMessage = (step: unknown) => {
      steps.push(step);
      if (step === 3) controller.abort();
    };
    const stopped = lane.run(task, 100_000, { signal: controller.signal, onMessage });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(steps.length).toBeLessThan(1000);
    const broken = () => {
      throw new Error('the listener is broken');
    };
    await expect(lane.run(task, 100_000, { onMessage: broken })).rejects.toMatchObject({
      message: 'the listener is broken',
    });
    expect(await pidOf(lane)).toBe(pid);
  });

  it('leaves no process behind when it is closed, nor one that is stopped by the signal of its group', async () => {
    const lane = open();
    const pid = await pidOf(lane);
    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGTERM');
    expect(await pidOf(lane)).toBe(pid);
    await lane.close();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });
});

describe('limits of a task', () => {
  const none = { processorSeconds: null, residentBytes: null, wallSeconds: null };
  const explainOverrun: LaneOptions['explainOverrun'] = (overrun) =>
    new GelqlError('PICTURE_TOO_COSTLY', 'too costly', { facts: { ...overrun } });
  /** Ends no test before its time, whatever else the machine does. */
  const ENDLESS = 600_000;

  it.each<[string, Task<number, unknown>, number]>([
    ['on its own thread', tasks.COMPUTE, ENDLESS],
    ['in a native library', tasks.COMPUTE_NATIVELY, 2 ** 31 - 1],
  ])(
    'end a process that computes for too long %s, while its neighbour and the queue are served',
    async (_, task, input) => {
      const limits = { ...none, processorSeconds: 1 };
      const lane = open({ workers: 2, limits, explainOverrun });
      const costly = caught(lane.run(task, input));
      const neighbours = Array.from({ length: 3 }, () => lane.run(tasks.TELL_PROCESS, 1200));
      expect(await costly).toMatchObject({
        code: 'PICTURE_TOO_COSTLY',
        facts: { resource: 'processorSeconds', limit: 1 },
      });
      // 3.6 s on the clock, and next to nothing of the processor.
      expect(await Promise.all(neighbours)).toHaveLength(3);
      await expect(lane.run(tasks.DOUBLE, 1)).resolves.toBe(2);
    },
  );

  it('end a process that takes too much memory, or too long on the clock', async () => {
    const residentBytes = 512 * 1024 * 1024;
    const memory = open({ limits: { ...none, residentBytes }, explainOverrun });
    expect(await caught(memory.run(tasks.TAKE_MEMORY, 0))).toMatchObject({
      facts: { resource: 'residentBytes', limit: residentBytes },
    });
    const clock = open({ limits: { ...none, wallSeconds: 1 }, explainOverrun });
    expect(await caught(clock.run(tasks.TELL_PROCESS, ENDLESS))).toMatchObject({
      facts: { resource: 'wallSeconds', limit: 1 },
    });
  });

  it('count each task anew, and leave one alone that keeps within them', async () => {
    const lane = open({ limits: { ...none, processorSeconds: 1 }, explainOverrun });
    const pid = await pidOf(lane);
    for (let task = 0; task < 3; task++) await lane.run(tasks.COMPUTE, 600);
    expect(await pidOf(lane)).toBe(pid);
  });
});
