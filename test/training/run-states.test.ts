import { jest } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { setTimeout as delay } from 'node:timers/promises';
import { artifacts, models, workers } from '../../src/db/schema.js';
import { listDatasetPictures } from '../../src/datasets/datasets.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import { createRunQueue } from '../../src/runs/run-queue.js';
import { findRun, listEpochs, startRun } from '../../src/runs/training-runs.js';
import { releaseLostWorkers } from '../../src/runs/lost-workers.js';
import { executeRun } from '../../src/training/execute-run.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase, silent } from '../support/database.js';
import { registerListedWorker } from '../support/listed-worker.js';
import { hasEnded, openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';
import { waitFor } from '../support/wait-for.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

const LONG = { epochs: 10_000 };
const MAX_ATTEMPTS = 3;

describeDatabase('the states of a run', (database) => {
  let world: TrainingWorld;
  let dataset: string;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    dataset = (await world.importPatterns(patternNames('', ['bands', 'rings'], 6))).name;
  });
  afterAll(() => world.close());

  const countModels = async () => (await database().drizzle.select().from(models)).length;
  const openQueue = () => createRunQueue(database(), silent, { maxAttempts: MAX_ATTEMPTS });

  test('a queued run that is cancelled never starts, and cannot be cancelled again', async () => {
    const run = await world.start({ dataset, ...LONG });
    expect(run.state).toBe('QUEUED');
    expect((await cancelTraining(world.services, run.id)).state).toBe('CANCELLED');
    expect((await rejection(cancelTraining(world.services, run.id))).code).toBe('RUN_NOT_CANCELLABLE');
    const next = await world.start({ dataset, epochs: 1 });
    await world.work();
    await world.waitFor(next.id, hasEnded);
    expect(await findRun(database(), run.id)).toMatchObject({
      state: 'CANCELLED',
      attempt: 0,
      startedAt: null,
    });
  });

  test('a running run that is cancelled stops between two batches and makes no model', async () => {
    const before = await countModels();
    const run = await world.start({ dataset, ...LONG });
    await world.waitFor(run.id, ({ stage, stageProgress }) => stage === 'TRAINING_HEAD' && stageProgress > 0);
    await cancelTraining(world.services, run.id);
    // The worker takes the next run only when this one has let go of it.
    await world.train({ dataset, epochs: 1, seed: 2 });
    expect(await findRun(database(), run.id)).toMatchObject({ state: 'CANCELLED', error: null });
    const [done] = [await listEpochs(database(), [run.id])];
    expect(done.length).toBeLessThan(LONG.epochs);
    await delay(100);
    expect(await listEpochs(database(), [run.id])).toHaveLength(done.length);
    expect(await countModels()).toBe(before + 1);
  });

  test('a run that fails keeps the code and the message, and the next one is not harmed', async () => {
    const doomed = await world.importPatterns(patternNames('', ['bands', 'checks'], 6, 80));
    const [image] = await listDatasetPictures(database(), doomed.id);
    // Rows of artifacts cannot be changed, so the picture goes missing by its name.
    await database().executeSql('update dataset_pictures set sha256 = $1 where id = $2', [
      (
        await database()
          .drizzle.select({ sha256: artifacts.sha256 })
          .from(artifacts)
          .where(eq(artifacts.kind, 'head'))
      )[0]?.sha256,
      image?.id,
    ]);
    const failed = await world.train({ dataset: doomed.id, epochs: 1 });
    expect(failed).toMatchObject({ state: 'FAILED', error: { code: 'UNSUPPORTED_FORMAT' } });
    expect(failed.error?.message).not.toBe('');
    expect((await world.train({ dataset, epochs: 1, seed: 3 })).state).toBe('SUCCEEDED');
  });

  test('a run goes back to the queue when its process stops in good order, and costs no attempt', async () => {
    const run = await world.start({ dataset, ...LONG });
    await world.waitFor(run.id, ({ stage, stageProgress }) => stage === 'TRAINING_HEAD' && stageProgress > 0);
    await world.services.queue.stop();
    expect(await findRun(database(), run.id)).toMatchObject({
      state: 'QUEUED',
      attempt: 0,
    });

    const queue = await openQueue();
    const taken: string[] = [];
    const done = new Promise<void>((resolve) => {
      void registerListedWorker(database()).then((row) =>
        queue.work(row, async (runId) => {
          taken.push(runId);
          resolve();
          return false;
        }),
      );
    });
    await done;
    await queue.stop();
    expect(taken).toEqual([run.id]);
    await cancelTraining({ database: database(), queue }, run.id);
  });

  test('a run that loses its worker is tried three times, then fails with WORKER_CRASHED', async () => {
    const run = await world.start({ dataset, epochs: 1, seed: 4 });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const queue = await openQueue();
      const row = await registerListedWorker(database());
      let die: () => void = () => undefined;
      const death = new Promise<void>((resolve) => (die = resolve));
      const begun = new Promise<unknown>((resolve) => {
        void queue.work(row, async (runId) => {
          resolve({ runId, run: await startRun(database(), runId, row.id) });
          await death;
          return false;
        });
      });
      expect(await begun).toMatchObject({ runId: run.id, run: { state: 'RUNNING', attempt } });
      // What a process that died leaves behind: a lock on the job and no more beats.
      const silence = { heartbeatAt: new Date(0) };
      await database().drizzle.update(workers).set(silence).where(eq(workers.id, row.id));
      await releaseLostWorkers(database(), MAX_ATTEMPTS, silent);
      die();
      await queue.stop();
    }
    const queue = await openQueue();
    const offered: boolean[] = [];
    const row = await registerListedWorker(database());
    await queue.work(row, async (runId, signal) => {
      offered.push(await executeRun(world.services, runId, signal, row.id));
      return true;
    });
    await waitFor(() => offered.length > 0);
    expect(offered).toEqual([true]);
    await queue.stop();
    expect(await findRun(database(), run.id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'WORKER_CRASHED' },
      attempt: MAX_ATTEMPTS,
    });
  });
});
