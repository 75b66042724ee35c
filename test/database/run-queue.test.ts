import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { createRunQueue, type RunQueue } from '../../src/training/run-queue.js';
import {
  findRun,
  finishRun,
  insertRun,
  releaseRun,
  startRun,
  type TrainingRunRow,
} from '../../src/training/training-runs.js';
import { describeDatabases, silent } from '../support/database.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';

describeDatabases('the queue of runs', (open) => {
  let dataset: DatasetRow;
  const queues: RunQueue[] = [];

  beforeAll(async () => {
    dataset = await insertTestDataset(open(), 'queued');
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.stop()));
  });

  async function openQueue(): Promise<RunQueue> {
    const queue = await createRunQueue(open(), ['CPU'], silent);
    queues.push(queue);
    return queue;
  }

  /** Row and job, as a server queues them. */
  const queueRun = (queue: RunQueue): Promise<TrainingRunRow> =>
    open().transaction(async (scope) => {
      const run = await insertRun(scope, { datasetId: dataset.id, configuration });
      await queue.enqueue(scope, run.id, 'CPU');
      return run;
    });

  async function reaches(id: string, state: TrainingRunRow['state']): Promise<TrainingRunRow> {
    for (;;) {
      const run = await findRun(open(), id);
      if (run?.state === state) return run;
      await delay(10);
    }
  }

  /** A worker that ends each run at once and remembers which it was offered and which it got. */
  function worker() {
    const offered: string[] = [];
    const taken: string[] = [];
    const execute = async (runId: string): Promise<void> => {
      offered.push(runId);
      const run = await startRun(open(), runId);
      if (run === null) return;
      taken.push(runId);
      await finishRun(open(), run);
    };
    return { offered, taken, execute };
  }

  test('is made once by several servers that start together', async () => {
    const made = await Promise.all([openQueue(), openQueue(), openQueue()]);
    expect(made).toHaveLength(3);
    const { rows } = await open().executeSql("select name from pgboss.queue where name like 'train-%'");
    expect(rows).toEqual([{ name: 'train-cpu' }]);
  });

  test('gives each run to one of several workers, and none that was undone', async () => {
    const [first, second] = [await openQueue(), await openQueue()];
    const undone = open().transaction(async (scope) => {
      const { id } = await insertRun(scope, { datasetId: dataset.id, configuration });
      await first.enqueue(scope, id, 'CPU');
      throw new Error('the request failed');
    });
    await expect(undone).rejects.toThrow('the request failed');
    const runs = [await queueRun(first), await queueRun(second), await queueRun(first)];
    const workers = [worker(), worker()];
    await first.work(['CPU'], workers[0]?.execute ?? fail);
    await second.work(['CPU'], workers[1]?.execute ?? fail);
    for (const { id } of runs) await reaches(id, 'SUCCEEDED');
    const ids = runs.map(({ id }) => id).sort();
    expect(workers.flatMap(({ taken }) => taken).sort()).toEqual(ids);
    // One may be offered again: a server that starts cannot tell a job just taken from a lost one.
    expect([...new Set(workers.flatMap(({ offered }) => offered))].sort()).toEqual(ids);
  });

  test('gives a job to a run whose job was lost', async () => {
    const { id } = await insertRun(open(), { datasetId: dataset.id, configuration });
    const queue = await openQueue();
    await queue.work(['CPU'], worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('stops by giving the run up, and the next server takes it', async () => {
    const stopping = await openQueue();
    const { id } = await queueRun(stopping);
    await stopping.work(['CPU'], async (runId, signal) => {
      const run = await startRun(open(), runId);
      if (run === null) throw new Error('The run was taken.');
      await once(signal, 'abort');
      await releaseRun(open(), run);
    });
    await reaches(id, 'RUNNING');
    await stopping.stop();
    expect(await findRun(open(), id)).toMatchObject({ state: 'RUNNING', attempt: 0, heartbeatAt: null });

    const next = await openQueue();
    await next.work(['CPU'], worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('aborts the run that is cancelled, and only that', async () => {
    const queue = await openQueue();
    const { id } = await queueRun(queue);
    let aborted: string | null = null;
    await queue.work(['CPU'], async (runId, signal) => {
      const run = await startRun(open(), runId);
      await once(signal, 'abort');
      aborted = runId;
      if (run !== null) await finishRun(open(), run);
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
