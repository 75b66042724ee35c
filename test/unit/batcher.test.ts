import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import {
  createBatcher,
  type BatchedFeatures,
  type BatcherOptions,
} from '../../src/compute/batching/batcher.js';
import { createFairScheduler } from '../../src/compute/batching/fair-scheduler.js';
import { PRIORITIES, type Priority } from '../../src/words/priority.js';
import type { ExtractedFeatures } from '../../src/compute/protocol.js';
import { GelqlError } from '../../src/errors.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';

/** A picture that says which one it is in its first byte; its features are [id, 2 * id]. */
function picture(id: number): Uint8Array {
  const input = new Uint8Array(INPUT_PIXELS);
  input[0] = id;
  return input;
}

interface Batch {
  ids: number[];
  lastMaps: boolean;
  finish(): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** An engine that records its batches and ends them when it is told to. */
function createEngine() {
  const batches: Batch[] = [];
  const execute: BatcherOptions['execute'] = (inputs, count, { lastMaps }) =>
    new Promise<ExtractedFeatures>((resolve, reject) => {
      const ids = Array.from({ length: count }, (_, row) => inputs[row * INPUT_PIXELS] ?? -1);
      const features = Float32Array.from(ids.flatMap((id) => [id, 2 * id]));
      const maps = {
        data: Float32Array.from(ids.flatMap((id) => [id, id, id])),
        height: 1,
        width: 1,
        channels: 3,
      };
      batches.push({
        ids,
        lastMaps,
        finish: () => (
          resolve({ features, inferMs: 5, ...(lastMaps ? { lastMaps: maps } : {}) }),
          nextTurn()
        ),
        fail: (error) => (reject(error), nextTurn()),
      });
    });
  return { batches, execute, recorded: () => batches.map(({ ids }) => ids) };
}

function start({ slots = 1, ...options }: Partial<BatcherOptions> & { slots?: number } = {}) {
  const engine = createEngine();
  const batcher = createBatcher({
    scheduler: createFairScheduler(slots),
    execute: engine.execute,
    maxBatch: 8,
    ...options,
  });
  const ask = (id: number, priority?: Priority) =>
    batcher.computeFeatures(picture(id), { ...(priority === undefined ? {} : { priority }) });
  return { ...engine, batcher, ask };
}

const died = () => new GelqlError('WORKER_CRASHED', 'The thread ended.');

const caught = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

describe('telling callers', () => {
  it('lets a timer that is due pass between two of them', async () => {
    const { ask, batches } = start();
    const told: string[] = [];
    void ask(0);
    const answers = [1, 2, 3].map(async (id) => {
      await ask(id);
      told.push(`picture ${id}`);
      if (id > 1) return;
      setTimeout(() => told.push('timer'), 1);
      // What is done with a row keeps the main thread until the timer is due.
      for (const until = performance.now() + 5; performance.now() < until;);
    });
    await batches[0]?.finish();
    await batches[1]?.finish();
    await Promise.all(answers);
    expect(told.slice(0, 3)).toEqual(['picture 1', 'timer', 'picture 2']);
  });
});

describe('forming batches', () => {
  it('starts a lone picture at once and batches what comes while the engine is busy', async () => {
    const { ask, batches, recorded } = start();
    const answers = [1, 2, 3, 4].map((id) => ask(id));
    expect(recorded()).toEqual([[1]]);
    await batches[0]?.finish();
    expect(recorded()).toEqual([[1], [2, 3, 4]]);
    await batches[1]?.finish();
    expect((await Promise.all(answers)).map(({ features }) => [...features])).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
      [4, 8],
    ]);
  });

  it('never makes a batch larger than maxBatch', async () => {
    const { ask, batches, recorded } = start({ maxBatch: 2 });
    [1, 2, 3, 4].forEach((id) => void ask(id));
    await batches[0]?.finish();
    await batches[1]?.finish();
    expect(recorded()).toEqual([[1], [2, 3], [4]]);
  });

  it('keeps every engine slot busy before it lets a picture wait', async () => {
    const { ask, batches, recorded } = start({ slots: 2 });
    [1, 2, 3, 4].forEach((id) => void ask(id));
    expect(recorded()).toEqual([[1], [2]]);
    await batches[1]?.finish();
    expect(recorded()).toEqual([[1], [2], [3, 4]]);
  });

  it('waits for company only where maxDelayMs allows it, and not once the batch is full', async () => {
    const { ask, recorded } = start({ maxDelayMs: 60_000, maxBatch: 3 });
    void ask(1);
    void ask(2);
    expect(recorded()).toEqual([]);
    void ask(3);
    expect(recorded()).toEqual([[1, 2, 3]]);
  });

  it('starts an incomplete batch when maxDelayMs is over', async () => {
    const { ask, batches } = start({ maxDelayMs: 5 });
    const answers = [ask(1), ask(2)];
    while (batches.length === 0) await nextTurn();
    await batches[0]?.finish();
    expect((await Promise.all(answers)).map(({ batchSize }) => batchSize)).toEqual([2, 2]);
  });

  it('tells each picture what happened to it', async () => {
    const { ask, batches } = start();
    const first = ask(1);
    const second = ask(2);
    await batches[0]?.finish();
    await batches[1]?.finish();
    expect(await first).toMatchObject({ batchSize: 1, inferMs: 5 });
    const { queueMs } = await second;
    expect(queueMs).toBeGreaterThan(0);
  });

  it('asks for the last feature maps where one picture of the batch wants them, and gives them to that one', async () => {
    const { batcher, batches } = start();
    const first = batcher.computeFeatures(picture(1));
    const second = batcher.computeFeatures(picture(2));
    const third = batcher.computeFeatures(picture(3), { lastMaps: true });
    await batches[0]?.finish();
    await batches[1]?.finish();
    expect(batches.map(({ lastMaps }) => lastMaps)).toEqual([false, true]);
    expect((await first).lastMaps).toBeUndefined();
    expect((await second).lastMaps).toBeUndefined();
    expect((await third).lastMaps).toEqual({
      data: Float32Array.of(3, 3, 3),
      height: 1,
      width: 1,
      channels: 3,
    });
  });
});

describe('refusing', () => {
  it('refuses an input of another size', async () => {
    const { batcher } = start();
    await expect(batcher.computeFeatures(new Uint8Array(10))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('callers who go away', () => {
  it('are dropped before their picture is executed', async () => {
    const { ask, batcher, batches, recorded } = start();
    const controller = new AbortController();
    void ask(1);
    const gone = caught(batcher.computeFeatures(picture(2), { signal: controller.signal }));
    void ask(3);
    controller.abort();
    expect(await gone).toMatchObject({ code: 'CANCELLED' });
    expect(batcher.load()).toEqual({ waiting: 1, running: 1 });
    await batches[0]?.finish();
    expect(recorded()).toEqual([[1], [3]]);
  });

  it('are told at once while their batch runs; the others of the batch get their rows', async () => {
    const { ask, batcher, batches } = start({ maxDelayMs: 60_000, maxBatch: 2 });
    const controller = new AbortController();
    const gone = caught(batcher.computeFeatures(picture(1), { signal: controller.signal }));
    const stays = ask(2);
    controller.abort();
    expect(await gone).toMatchObject({ code: 'CANCELLED' });
    await batches[0]?.finish();
    expect([...(await stays).features]).toEqual([2, 4]);
  });

  it('are refused where they had gone before', async () => {
    const { batcher, recorded } = start();
    const gone = batcher.computeFeatures(picture(1), { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(recorded()).toEqual([]);
  });

  it('are told why where the signal says it', async () => {
    const { ask, batcher, batches, recorded } = start();
    const controller = new AbortController();
    const late = [1, 2].map((id) =>
      caught(batcher.computeFeatures(picture(id), { signal: controller.signal })),
    );
    void ask(3);
    controller.abort(new GelqlError('DEADLINE_EXCEEDED', 'No answer within 5 ms.'));
    expect(await Promise.all(late)).toMatchObject([
      { code: 'DEADLINE_EXCEEDED' },
      { code: 'DEADLINE_EXCEEDED' },
    ]);
    await batches[0]?.finish();
    expect(recorded()).toEqual([[1], [3]]);
  });
});

describe('priorities', () => {
  it('do not share a batch: bulk pictures wait for the next one', async () => {
    const { ask, batches, recorded } = start();
    void ask(1);
    void ask(2, 'BULK');
    void ask(3);
    void ask(4, 'BULK');
    void ask(5);
    await batches[0]?.finish();
    expect(recorded()).toEqual([[1], [2, 4]]);
    await batches[1]?.finish();
    expect(recorded()).toEqual([[1], [2, 4], [3, 5]]);
  });
});

describe('a batch that fails', () => {
  it('rejects its own callers only', async () => {
    const { ask, batches } = start();
    const first = ask(1);
    const failing = [2, 3].map((id) => caught(ask(id)));
    await batches[0]?.finish();
    const later = ask(4);
    await batches[1]?.fail(new GelqlError('ENGINE_UNAVAILABLE', 'Gone.'));
    await batches[2]?.finish();
    expect((await first).batchSize).toBe(1);
    expect(await Promise.all(failing)).toMatchObject([
      { code: 'ENGINE_UNAVAILABLE' },
      { code: 'ENGINE_UNAVAILABLE' },
    ]);
    expect([...(await later).features]).toEqual([4, 8]);
  });

  it('is executed once more, whole, where its thread died, and before what came meanwhile', async () => {
    let retries = 0;
    const { ask, batches, recorded } = start({ onLoss: () => void (retries += 1) });
    const first = ask(1);
    const lost = [2, 3].map((id) => ask(id));
    await batches[0]?.finish();
    const later = ask(4);
    await batches[1]?.fail(died());
    expect(recorded()).toEqual([[1], [2, 3], [2, 3]]);
    await batches[2]?.finish();
    await batches[3]?.finish();
    expect((await Promise.all([first, ...lost, later])).map(({ features }) => features[0])).toEqual([
      1, 2, 3, 4,
    ]);
    expect(retries).toBe(1);
  });

  it('fails where the second thread dies as well', async () => {
    const { ask, batches, recorded } = start();
    const lost = caught(ask(1));
    await batches[0]?.fail(died());
    await batches[1]?.fail(died());
    expect(await lost).toMatchObject({ code: 'WORKER_CRASHED' });
    expect(recorded()).toEqual([[1], [1]]);
  });

  it('includes one whose answer does not divide into rows', async () => {
    const batcher = createBatcher({
      execute: async () => ({ features: new Float32Array(0), inferMs: 1 }),
      scheduler: createFairScheduler(1),
      maxBatch: 4,
    });
    await expect(batcher.computeFeatures(picture(1))).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});

describe('closing', () => {
  it('serves what was accepted, refuses the rest, and then resolves', async () => {
    const { ask, batcher, batches } = start();
    const answers = [ask(1), ask(2)];
    let isClosed = false;
    const closed = batcher.close().then(() => (isClosed = true));
    await expect(ask(3)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await batches[0]?.finish();
    expect(isClosed).toBe(false);
    await batches[1]?.finish();
    await closed;
    expect((await Promise.all(answers)).map(({ batchSize }) => batchSize)).toEqual([1, 1]);
  });

  it('does not wait for company any more', async () => {
    const { ask, batcher, batches, recorded } = start({ maxDelayMs: 60_000 });
    void ask(1);
    const closed = batcher.close();
    expect(recorded()).toEqual([[1]]);
    await batches[0]?.finish();
    await closed;
  });

  it('resolves at once where nothing is pending', async () => {
    await expect(start().batcher.close()).resolves.toBeUndefined();
  });
});

type Step =
  | { kind: 'submit'; lastMaps: boolean; priority: Priority }
  | { kind: 'abort'; which: number }
  | { kind: 'finish'; which: number }
  | { kind: 'fail'; which: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      lastMaps: fc.boolean(),
      priority: fc.constantFrom(...PRIORITIES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), which: fc.nat(200) }) },
);

describe('whatever happens', () => {
  it('settles every picture exactly once, executes none twice and gives each its own row', async () => {
    const plan = fc.record({
      steps: fc.array(anyStep, { maxLength: 30 }),
      slots: fc.integer({ min: 1, max: 3 }),
      maxBatch: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ steps, ...limits }) => {
        const { batcher, batches, recorded } = start(limits);
        const controllers: AbortController[] = [];
        const settlements: number[] = [];
        const ended = new Set<Batch>();
        const answers: Promise<void>[] = [];
        const wrongRows: number[] = [];
        const submit = ({ lastMaps, priority }: Extract<Step, { kind: 'submit' }>) => {
          const id = controllers.length + 1;
          const controller = new AbortController();
          controllers.push(controller);
          const check = ({ features }: BatchedFeatures) => {
            if (features[0] !== id || features[1] !== 2 * id) wrongRows.push(id);
          };
          const answer = batcher.computeFeatures(picture(id), {
            lastMaps,
            priority,
            signal: controller.signal,
          });
          const settle = () => void (settlements[id] = (settlements[id] ?? 0) + 1);
          answers.push(answer.then(check).then(settle, settle));
        };
        const end = async (which: number, how: 'finish' | 'fail') => {
          const open = batches.filter((batch) => !ended.has(batch));
          const batch = open[which % Math.max(1, open.length)];
          if (batch === undefined) return;
          ended.add(batch);
          await (how === 'finish' ? batch.finish() : batch.fail(new Error('engine')));
        };
        for (const step of steps) {
          if (step.kind === 'submit') submit(step);
          else if (step.kind === 'abort') controllers[step.which % Math.max(1, controllers.length)]?.abort();
          else await end(step.which, step.kind);
          expect(batches.length - ended.size).toBeLessThanOrEqual(limits.slots);
        }
        while (batches.length > ended.size) await end(0, 'finish');
        await Promise.all(answers);
        await batcher.close();
        expect(settlements.filter((times) => times !== 1)).toEqual([]);
        expect(wrongRows).toEqual([]);
        const executed = recorded().flat();
        expect(new Set(executed).size).toBe(executed.length);
        expect(recorded().every((ids) => ids.length <= limits.maxBatch)).toBe(true);
        expect(batcher.load()).toMatchObject({ waiting: 0, running: 0 });
      }),
      { numRuns: 100 },
    );
  });
});
