import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { createRunQueue, type RunQueue } from '../../src/runs/run-queue.js';
import {
  findRun,
  finishRun,
  insertRun,
  releaseRun,
  startRun,
  type TrainingRunRow,
} from '../../src/runs/training-runs.js';
import { describeDatabase, silent } from '../support/database.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';

const MAX_ATTEMPTS = 3;
const INSIDE: TrainingConfiguration = {
  ...configuration,
  trainable: 'LAST_STAGE',
  backboneLearningRate: 0.001,
};
const ONE_RUN = { devices: ['CPU'], networkDevices: [], concurrency: 1 } as const;

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

  async function waitingJobsOf(runId: string): Promise<number> {
    const { rows } = await open().executeSql(
      "select count(*)::integer as jobs from pgboss.job where state = 'created' and data->>'runId' = $1",
      [runId],
    );
    return Number(rows[0]?.jobs);
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
    expect(rows.map(({ name }) => name).sort()).toEqual([
      'train-cpu',
      'train-gpu',
      'train-network-cpu',
      'train-network-gpu',
    ]);
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
    await first.work(ONE_RUN, workers[0]?.execute ?? fail);
    await second.work(ONE_RUN, workers[1]?.execute ?? fail);
    for (const { id } of runs) await reaches(id, 'SUCCEEDED');
    const ids = runs.map(({ id }) => id).sort();
    expect(workers.flatMap(({ taken }) => taken).sort()).toEqual(ids);
    // One may be offered again: a server that starts cannot tell a job just taken from a lost one.
    expect([...new Set(workers.flatMap(({ offered }) => offered))].sort()).toEqual(ids);
  });

  test('leaves runs inside networks to workers that can, which take all runs in the order in which they came', async () => {
    const [headsOnly, capable] = [await openQueue(), await openQueue()];
    const networks = [await queueRun(headsOnly, INSIDE), await queueRun(headsOnly, INSIDE)];
    const heads = [await queueRun(headsOnly), await queueRun(headsOnly)];
    const first = worker();
    await headsOnly.work(ONE_RUN, first.execute);
    // The networks have waited longer: whoever could take them would have taken them before.
    for (const { id } of heads) await reaches(id, 'SUCCEEDED');
    expect(first.offered).toEqual(heads.map(({ id }) => id));
    for (const { id } of networks) {
      expect(await findRun(open(), id)).toMatchObject({ state: 'QUEUED', attempt: 0 });
      expect(await waitingJobsOf(id)).toBe(1);
    }
    await headsOnly.stop();

    const mixed = [...networks, await queueRun(capable), await queueRun(capable, INSIDE)];
    const second = worker();
    await capable.work({ ...ONE_RUN, networkDevices: ['CPU'] }, second.execute);
    for (const { id } of mixed) await reaches(id, 'SUCCEEDED');
    expect(second.taken).toEqual(mixed.map(({ id }) => id));
  });

  test('queues a run inside a network again for those that can', async () => {
    const { id } = await insertRun(open(), {
      fingerprint: 'made up',
      datasetId: dataset.id,
      configuration: INSIDE,
    });
    const headsOnly = await openQueue();
    const first = worker();
    await headsOnly.work(ONE_RUN, first.execute);
    const head = await queueRun(headsOnly);
    await reaches(head.id, 'SUCCEEDED');
    expect(first.offered).toEqual([head.id]);
    expect(await waitingJobsOf(id)).toBe(1);
    const capable = await openQueue();
    await capable.work({ ...ONE_RUN, networkDevices: ['CPU'] }, worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('gives a job to a run whose job was lost', async () => {
    const { id } = await insertRun(open(), { fingerprint: 'made up', datasetId: dataset.id, configuration });
    const queue = await openQueue();
    await queue.work(ONE_RUN, worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('stops by giving the run up, and the next server takes it', async () => {
    const stopping = await openQueue();
    const { id } = await queueRun(stopping);
    await stopping.work(ONE_RUN, async (runId, signal) => {
      const run = await startRun(open(), runId);
      if (run === null) throw new Error('The run was taken.');
      await once(signal, 'abort');
      await open().transaction(async (scope) => {
        await releaseRun(scope, run);
        await stopping.enqueue(scope, run);
      });
    });
    await reaches(id, 'RUNNING');
    await stopping.stop();
    // Nobody has to look for lost runs before the next one can take it.
    expect(await findRun(open(), id)).toMatchObject({ state: 'QUEUED', attempt: 0 });
    expect(await waitingJobsOf(id)).toBe(1);

    const next = await openQueue();
    await next.work(ONE_RUN, worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 1 });
  });

  test('takes as many runs at once as it was told to', async () => {
    const queue = await openQueue();
    const runs = [await queueRun(queue), await queueRun(queue, INSIDE), await queueRun(queue, INSIDE)];
    let atOnce = 0;
    let most = 0;
    await queue.work({ devices: ['CPU'], networkDevices: ['CPU'], concurrency: 2 }, async (runId) => {
      const run = await startRun(open(), runId);
      most = Math.max(most, (atOnce += 1));
      while (most < 2) await delay(10);
      await delay(50);
      atOnce -= 1;
      if (run !== null) await finishRun(open(), run);
    });
    for (const { id } of runs) await reaches(id, 'SUCCEEDED');
    expect(most).toBe(2);
  });

  test('gives the run of a silent worker back, also from a process that takes no runs itself', async () => {
    const server = await openQueue();
    const { id } = await queueRun(server);
    await startRun(open(), id);
    const silence = 'update training_runs set heartbeat_at = now() - $2::interval where id = $1';
    await open().executeSql(silence, [id, '15 seconds']);
    const first = await openQueue();
    await first.watch();
    expect((await findRun(open(), id))?.state).toBe('RUNNING');
    await open().executeSql(silence, [id, '21 seconds']);
    await server.watch();
    expect((await findRun(open(), id))?.state).toBe('QUEUED');
    expect(await waitingJobsOf(id)).toBeGreaterThan(0);
    const next = await openQueue();
    await next.work(ONE_RUN, worker().execute);
    expect(await reaches(id, 'SUCCEEDED')).toMatchObject({ attempt: 2 });
  });

  test('reaches the run that is cancelled where another process executes it', async () => {
    const [server, elsewhere] = [await openQueue(), await openQueue()];
    const { id } = await queueRun(server);
    let abortedAt = 0;
    await elsewhere.work(ONE_RUN, async (runId, signal) => {
      await startRun(open(), runId);
      await once(signal, 'abort');
      abortedAt = performance.now();
    });
    await reaches(id, 'RUNNING');
    const cancelledAt = performance.now();
    await cancelTraining({ database: open(), queue: server }, id);
    while (abortedAt === 0) await delay(5);
    // Sooner than the next heartbeat.
    expect(abortedAt - cancelledAt).toBeLessThan(2000);
    expect((await findRun(open(), id))?.state).toBe('CANCELLED');
  });

  test('aborts the run that is cancelled, and only that', async () => {
    const queue = await openQueue();
    const { id } = await queueRun(queue);
    let aborted: string | null = null;
    await queue.work(ONE_RUN, async (runId, signal) => {
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
