import { jest } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { setTimeout as delay } from 'node:timers/promises';
import { artifacts, models, trainingRuns } from '../../src/db/schema.js';
import { listDatasetPictures } from '../../src/datasets/datasets.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import { createRunQueue } from '../../src/runs/run-queue.js';
import { findRun, listEpochs, startRun } from '../../src/runs/training-runs.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase, silent } from '../support/database.js';
import { hasEnded, openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

const LONG = { epochs: 10_000 };
const MAX_ATTEMPTS = 3;
const ONE_RUN = { devices: ['CPU'], networkDevices: [], concurrency: 1 } as const;

describeDatabase('the states of a run', (database) => {
  let world: TrainingWorld;
  let dataset: string;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    dataset = (await world.importPatterns(patternNames('', ['bands', 'rings'], 6))).name;
  });
  afterAll(() => world.close());

  const countModels = async () => (await database().drizzle.select().from(models)).length;
  /** What a process that died leaves behind. */
  const loseWorker = (id: string) =>
    database()
      .drizzle.update(trainingRuns)
      .set({ heartbeatAt: new Date(0) })
      .where(eq(trainingRuns.id, id));
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
      heartbeatAt: null,
      attempt: 0,
    });

    const queue = await openQueue();
    const taken: string[] = [];
    const done = new Promise<void>((resolve) => {
      void queue.work(ONE_RUN, async (runId) => {
        taken.push(runId);
        resolve();
      });
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
      await new Promise<void>((resolve) => {
        void queue.work(ONE_RUN, async (runId) => {
          expect(runId).toBe(run.id);
          expect(await startRun(database(), runId)).toMatchObject({ state: 'RUNNING', attempt });
          await loseWorker(runId);
          resolve();
        });
      });
      await queue.stop();
    }
    const queue = await openQueue();
    await queue.work(ONE_RUN, () => Promise.reject(new Error('a run that has failed is not executed')));
    await queue.stop();
    expect(await findRun(database(), run.id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'WORKER_CRASHED' },
      attempt: MAX_ATTEMPTS,
    });
  });
});
