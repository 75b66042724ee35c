import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { createRunQueue, type Execute, type RunQueue } from '../../src/runs/run-queue.js';
import {
  findRun,
  finishRun,
  insertRun,
  releaseRun,
  startRun,
  type TrainingRunRow,
} from '../../src/runs/training-runs.js';
import type { WorkerRow } from '../../src/runs/workers.js';
import { describeDatabase, silent } from '../support/database.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';
import { registerListedWorker } from '../support/listed-worker.js';
import { TRAINED } from '../support/epoch.js';
import { waitFor } from '../support/wait-for.js';

const MAX_ATTEMPTS = 3;
const INSIDE: TrainingConfiguration = {
  ...configuration,
  trainable: 'LAST_STAGE',
  backboneLearningRate: 0.001,
};
/** A worker that trains inside networks too. */
const CAPABLE = { networkEngines: { CPU: 'tensorflow' } } as const;

describeDatabase('the queue of runs', (open) => {
  let dataset: DatasetRow;
  const queues: RunQueue[] = [];

  beforeAll(async () => {
    dataset = await insertTestDataset(open(), 'queued');
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.stop()));
  });

  async function openQueue(): Promise<RunQueue> {
    const queue = await createRunQueue(open(), silent, { maxAttempts: MAX_ATTEMPTS });
    queues.push(queue);
    return queue;
  }

  /** Row and job, as a server queues them. */
  const queueRun = (
    queue: RunQueue,
    trained: TrainingConfiguration = configuration,
  ): Promise<TrainingRunRow> =>
    open().transaction(async (scope) => {
      const run = await insertRun(scope, {
        fingerprint: 'made up',
        datasetId: dataset.id,
        configuration: trained,
      });
      await queue.enqueue(scope, run);
      return run;
    });

  async function reaches(id: string, state: TrainingRunRow['state']): Promise<TrainingRunRow> {
    for (;;) {
      const run = await findRun(open(), id);
      if (run?.state === state) return run;
      await delay(10);
    }
  }

  async function jobsOf(runId: string): Promise<unknown[]> {
    const columns = 'task_identifier as task, attempts, locked_by is not null as "isLocked"';
    const { rows } = await open().executeSql(`select ${columns} from graphile_worker.jobs where key = $1`, [
      runId,
    ]);
    return rows;
  }
  const waiting = (task: string, attempts = 0) => [{ task, attempts, isLocked: false }];

  const work = async (
    queue: RunQueue,
    execute: Execute,
    options?: Parameters<typeof registerListedWorker>[1],
  ): Promise<WorkerRow> => {
    const row = await registerListedWorker(open(), options);
    await queue.work(row, execute);
    return row;
  };

  /** As if the worker had been silent for so long; its beats have stopped. */
  const silence = ({ id }: WorkerRow, seconds: number) =>
    open().executeSql('update workers set heartbeat_at = now() - make_interval(secs => $2) where id = $1', [
      id,
      seconds,
    ]);

  /** A worker that ends each run at once and remembers which it was offered and which it got. */
  function worker() {
    const offered: string[] = [];
    const taken: string[] = [];
    const execute = async (runId: string): Promise<boolean> => {
      offered.push(runId);
      const run = await startRun(open(), runId);
      if (run === null) return true;
      taken.push(runId);
      await finishRun(open(), run, TRAINED);
      return true;
    };
    return { offered, taken, execute };
  }

  test('is made once by several servers that start together', async () => {
    const made = await Promise.all([openQueue(), openQueue(), openQueue()]);
    expect(made).toHaveLength(3);
  });

  test('gives each run to one of several workers, and none that was undone', async () => {
    const [first, second] = [await openQueue(), await openQueue()];
    const undone = open().transaction(async (scope) => {
      await first.enqueue(
        scope,
        await insertRun(scope, { fingerprint: 'made up', datasetId: dataset.id, configuration }),
      );
      throw new Error('the request failed');
    });
    await expect(undone).rejects.toThrow('the request failed');
    const runs = [await queueRun(first), await queueRun(second), await queueRun(first)];
    const workers = [worker(), worker()];
    await work(first, workers[0]?.execute ?? fail);
    await work(second, workers[1]?.execute ?? fail);
    for (const { id } of runs) await reaches(id, 'SUCCEEDED');
    const ids = runs.map(({ id }) => id).sort();
    expect(workers.flatMap(({ taken }) => taken).sort()).toEqual(ids);
    expect(workers.flatMap(({ offered }) => offered).sort()).toEqual(ids);
  });

  test('leaves runs inside networks to workers that can, which take all runs in the order in which they came', async () => {
    const [headsOnly, capable] = [await openQueue(), await openQueue()];
    const networks = [await queueRun(headsOnly, INSIDE), await queueRun(headsOnly, INSIDE)];
    const heads = [await queueRun(headsOnly), await queueRun(headsOnly)];
    const first = worker();
    await work(headsOnly, first.execute);
    // The networks have waited longer: whoever could take them would have taken them before.
    for (const { id } of heads) await reaches(id, 'SUCCEEDED');
    expect(first.offered).toEqual(heads.map(({ id }) => id));
    for (const { id } of networks) {
      expect(await findRun(open(), id)).toMatchObject({ state: 'QUEUED', attempt: 0 });
      expect(await jobsOf(id)).toEqual(waiting('train-network-cpu'));
    }
    await headsOnly.stop();

    const mixed = [...networks, await queueRun(capable), await queueRun(capable, INSIDE)];
    const second = worker();
    await work(capable, second.execute, CAPABLE);
    for (const { id } of mixed) await reaches(id, 'SUCCEEDED');
    expect(second.taken).toEqual(mixed.map(({ id }) => id));
  });

  test('tries a run again that was not done, after a pause', async () => {
    const queue = await openQueue();
    const { id } = await queueRun(queue);
    const beganAt: number[] = [];
    await work(queue, async (runId) => {
      beganAt.push(performance.now());
      if (beganAt.length === 1) return false;
      return worker().execute(runId);
    });
    await reaches(id, 'SUCCEEDED');
    const [first, second] = beganAt;
    expect(beganAt).toHaveLength(2);
    expect(Number(second) - Number(first)).toBeGreaterThan(2_000);
  });

  test('removes the job of a run that has ended', async () => {
    const queue = await openQueue();
    const { id } = await queueRun(queue);
    await work(queue, worker().execute);
    await reaches(id, 'SUCCEEDED');
    await waitFor(async () => (await jobsOf(id)).length === 0);
  }, 10_000);

  test('stops by giving the run up, and the next server takes it', async () => {
    const stopping = await openQueue();
    const { id } = await queueRun(stopping);
    await work(stopping, async (runId, signal) => {
      const run = await startRun(open(), runId);
      if (run === null) throw new Error('The run was taken.');
      await once(signal, 'abort');
      await open().transaction(async (scope) => {
        await releaseRun(scope, run);
        await stopping.enqueue(scope, run);
      });
      return true;
    });
    await reaches(id, 'RUNNING');
    await stopping.stop();
    // Nobody has to look for lost runs before the next one can take it.
    expect(await findRun(open(), id)).toMatchObject({ state: 'QUEUED', attempt: 0 });
    expect(await jobsOf(id)).toEqual(waiting('train-cpu'));

    const next = await openQueue();
    await work(next, worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('takes as many runs at once as it was told to', async () => {
    const queue = await openQueue();
    const runs = [await queueRun(queue), await queueRun(queue, INSIDE), await queueRun(queue, INSIDE)];
    let atOnce = 0;
    let most = 0;
    const execute: Execute = async (runId) => {
      const run = await startRun(open(), runId);
      most = Math.max(most, (atOnce += 1));
      await waitFor(() => most >= 2);
      await delay(50);
      atOnce -= 1;
      if (run !== null) await finishRun(open(), run, TRAINED);
      return true;
    };
    await work(queue, execute, { ...CAPABLE, concurrency: 2 });
    for (const { id } of runs) await reaches(id, 'SUCCEEDED');
    expect(most).toBe(2);
  });

  test('gives back what a silent worker had, begun or not, also from a process that takes no runs', async () => {
    const dead = await openQueue();
    const [begun, taken] = [await queueRun(dead), await queueRun(dead)];
    const ended = new AbortController();
    const execute: Execute = async (runId) => {
      if (runId === begun.id) await startRun(open(), runId, row.id);
      if (!ended.signal.aborted) await once(ended.signal, 'abort');
      return false;
    };
    const row = await registerListedWorker(open(), { concurrency: 2 });
    await dead.work(row, execute);
    const isLocked = (jobs: unknown[]) => JSON.stringify(jobs).includes('"isLocked":true');
    for (const { id } of [begun, taken]) await waitFor(async () => isLocked(await jobsOf(id)));
    await reaches(begun.id, 'RUNNING');
    await silence(row, 15);
    await (await openQueue()).watch();
    expect((await findRun(open(), begun.id))?.state).toBe('RUNNING');
    await silence(row, 21);
    await (await openQueue()).watch();
    expect((await findRun(open(), begun.id))?.state).toBe('QUEUED');
    for (const { id } of [begun, taken]) expect(await jobsOf(id)).toEqual(waiting('train-cpu', 1));

    const next = await openQueue();
    await work(next, worker().execute);
    expect(await reaches(begun.id, 'SUCCEEDED')).toMatchObject({ attempt: 2 });
    expect(await reaches(taken.id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
    ended.abort();
  }, 15_000);

  test('reaches the run that is cancelled where another process executes it', async () => {
    const [server, elsewhere] = [await openQueue(), await openQueue()];
    const { id } = await queueRun(server);
    let abortedAt = 0;
    await work(elsewhere, async (runId, signal) => {
      await startRun(open(), runId);
      await once(signal, 'abort');
      abortedAt = performance.now();
      return true;
    });
    await reaches(id, 'RUNNING');
    const cancelledAt = performance.now();
    await cancelTraining({ database: open(), queue: server }, id);
    await waitFor(() => abortedAt !== 0);
    // Sooner than the next heartbeat.
    expect(abortedAt - cancelledAt).toBeLessThan(2000);
    expect((await findRun(open(), id))?.state).toBe('CANCELLED');
  });

  test('aborts the run that is cancelled, and only that', async () => {
    const queue = await openQueue();
    const { id } = await queueRun(queue);
    let aborted: string | null = null;
    await work(queue, async (runId, signal) => {
      const run = await startRun(open(), runId);
      await once(signal, 'abort');
      aborted = runId;
      if (run !== null) await finishRun(open(), run, TRAINED);
      return true;
    });
    await reaches(id, 'RUNNING');
    queue.abort('018e0000-0000-7000-8000-000000000000');
    await open().executeSql('select 1');
    expect(aborted).toBeNull();
    queue.abort(id);
    await reaches(id, 'SUCCEEDED');
    expect(aborted).toBe(id);
  });
});

function fail(): never {
  throw new Error('There are two workers.');
}
