import { GelqlError } from '../../src/errors.js';
import {
  appendEpochs,
  cancelRun,
  failRun,
  findRun,
  finishRun,
  insertRun,
  isStillRunning,
  listEpochs,
  loseRuns,
  pageRuns,
  releaseRun,
  startRun,
  updateRunProgress,
  type TrainingRunRow,
} from '../../src/runs/training-runs.js';
import { newId } from '../../src/db/new-id.js';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { describeDatabase } from '../support/database.js';
import { epoch, TRAINED } from '../support/epoch.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';

const MAX_ATTEMPTS = 3;

describeDatabase('a training run', (open) => {
  let dataset: DatasetRow;
  beforeAll(async () => {
    dataset = await insertTestDataset(open(), 'runs');
  });

  const queue = () => insertRun(open(), { fingerprint: 'made up', datasetId: dataset.id, configuration });
  const start = async (id: string): Promise<TrainingRunRow> => {
    const run = await startRun(open(), id);
    if (run === null) throw new Error('The run could not be started.');
    return run;
  };
  const run = async () => start((await queue()).id);
  const stateOf = async ({ id }: { id: string }) => (await findRun(open(), id))?.state;
  const lose = ({ id }: { id: string }) => loseRuns(open(), { runId: id }, MAX_ATTEMPTS);

  test('begins queued, with a name that says what it trains', async () => {
    const queued = await queue();
    expect(queued).toMatchObject({ state: 'QUEUED', stage: 'WAITING', attempt: 0, configuration });
    expect(queued.name).toBe(`resnet18-single-adam-${queued.id.slice(-6)}`);
    expect(await findRun(open(), queued.id)).toEqual(queued);
    expect(await findRun(open(), 'no id')).toBeNull();
  });

  test('is started by exactly one of several workers', async () => {
    const { id } = await queue();
    const starts = await Promise.all(Array.from({ length: 5 }, () => startRun(open(), id)));
    const started = starts.filter((outcome) => outcome !== null);
    expect(started).toHaveLength(1);
    expect(started[0]).toMatchObject({
      state: 'RUNNING',
      attempt: 1,
      startedAt: expect.any(Date) as unknown,
    });
  });

  test('reports progress, engines and epochs while it runs', async () => {
    const running = await run();
    await updateRunProgress(open(), running, {
      stage: 'EXTRACTING_FEATURES',
      stageProgress: 0.5,
      engine: 'wasm',
      featureEngine: 'onnxruntime',
    });
    expect(await findRun(open(), running.id)).toMatchObject({
      stage: 'EXTRACTING_FEATURES',
      stageProgress: 0.5,
      engine: 'wasm',
      featureEngine: 'onnxruntime',
    });
    await appendEpochs(open(), running, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 0.5 });
    await appendEpochs(open(), running, [epoch(2)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    expect(await findRun(open(), running.id)).toMatchObject({ stage: 'TRAINING_HEAD', stageProgress: 1 });
    expect(await listEpochs(open(), [running.id])).toMatchObject([epoch(1), epoch(2)]);
  });

  test('lists the epochs of several runs in one go', async () => {
    const [first, second] = [await run(), await run()];
    await appendEpochs(open(), second, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    await appendEpochs(open(), first, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 0.5 });
    await appendEpochs(open(), first, [epoch(2)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    const listed = await listEpochs(open(), [first.id, second.id]);
    expect(listed.map(({ runId, number }) => [runId, number])).toEqual([
      [first.id, 1],
      [first.id, 2],
      [second.id, 1],
    ]);
  });

  test('ends exactly once, whatever wants to end it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const running = await run();
      const cancelled = cancelRun(open(), running.id).then(
        () => true,
        () => false,
      );
      const finished = finishRun(open(), running, TRAINED).then(
        () => true,
        () => false,
      );
      await failRun(open(), running, new Error('late'));
      const state = await stateOf(running);
      expect([await cancelled, await finished]).toEqual([state === 'CANCELLED', state === 'SUCCEEDED']);
      expect(await findRun(open(), running.id)).toMatchObject({
        state,
        finishedAt: expect.any(Date) as unknown,
      });
    }
  });

  test('cannot be written to once it is cancelled', async () => {
    const running = await run();
    await cancelRun(open(), running.id);
    expect(await isStillRunning(open(), running)).toBe(false);
    const late = { code: 'CANCELLED' };
    await expect(
      updateRunProgress(open(), running, { stage: 'DECODING', stageProgress: 0 }),
    ).rejects.toMatchObject(late);
    await expect(
      appendEpochs(open(), running, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 }),
    ).rejects.toMatchObject(late);
    await expect(finishRun(open(), running, TRAINED)).rejects.toMatchObject(late);
    await failRun(open(), running, new Error('late'));
    expect(await findRun(open(), running.id)).toMatchObject({
      state: 'CANCELLED',
      error: null,
      stage: 'WAITING',
    });
    expect(await listEpochs(open(), [running.id])).toEqual([]);
  });

  test('keeps the code and message of its failure', async () => {
    const running = await run();
    await failRun(
      open(),
      running,
      new GelqlError('DATASET_TOO_SMALL', 'Two pictures.', { facts: { pictures: 2 } }),
    );
    expect(await findRun(open(), running.id)).toMatchObject({
      state: 'FAILED',
      error: { code: 'DATASET_TOO_SMALL', message: 'Two pictures.', facts: { pictures: 2 } },
    });
  });

  test('can be cancelled while it waits, and is never started then', async () => {
    const queued = await queue();
    expect(await cancelRun(open(), queued.id)).toMatchObject({ state: 'CANCELLED' });
    expect(await startRun(open(), queued.id)).toBeNull();
    await expect(cancelRun(open(), queued.id)).rejects.toMatchObject({ code: 'RUN_NOT_CANCELLABLE' });
  });

  test.each(['018e0000-0000-7000-8000-000000000000', 'no id'])(
    'is not cancelled where there is none: %s',
    async (id) => {
      await expect(cancelRun(open(), id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  test('goes back to the queue when its worker is gone, and only then', async () => {
    const [gone, alive] = [newId(), newId()];
    const startBy = async (worker: string) => {
      const row = await startRun(open(), (await queue()).id, worker);
      if (row === null) throw new Error('The run could not be started.');
      return row;
    };
    const [lost, kept] = [await startBy(gone), await startBy(alive)];
    await appendEpochs(open(), lost, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    const requeued = await loseRuns(open(), { workerIds: [gone] }, MAX_ATTEMPTS);
    expect(requeued.map(({ id }) => id)).toEqual([lost.id]);
    expect(requeued[0]).toMatchObject({ state: 'QUEUED', stage: 'WAITING', attempt: 1 });
    expect(await loseRuns(open(), { workerIds: [gone] }, MAX_ATTEMPTS)).toEqual([]);
    expect(await isStillRunning(open(), kept)).toBe(true);
    expect(await start(lost.id)).toMatchObject({ attempt: 2 });
    expect(await listEpochs(open(), [lost.id])).toEqual([]);
  });

  test('is safe from a worker that comes back after its run was given to another', async () => {
    const zombie = await run();
    await lose(zombie);
    const second = await start(zombie.id);
    expect(await isStillRunning(open(), zombie)).toBe(false);
    await expect(
      appendEpochs(open(), zombie, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(finishRun(open(), zombie, TRAINED)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await failRun(open(), zombie, new Error('late'))).toBe(false);
    await releaseRun(open(), zombie);
    await appendEpochs(open(), second, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    await finishRun(open(), second, TRAINED);
    expect(await findRun(open(), zombie.id)).toMatchObject({ state: 'SUCCEEDED', attempt: 2, error: null });
  });

  test('fails when its worker was lost for the last time', async () => {
    const { id } = await queue();
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const running = await start(id);
      const state = attempt < MAX_ATTEMPTS ? 'QUEUED' : 'FAILED';
      expect(await lose(running)).toMatchObject([{ id, state }]);
    }
    expect(await findRun(open(), id)).toMatchObject({ state: 'FAILED', error: { code: 'WORKER_CRASHED' } });
  });

  test('that its worker gives up is queued at once and has not lost an attempt', async () => {
    const running = await run();
    expect(await releaseRun(open(), running)).toBe(true);
    expect(await findRun(open(), running.id)).toMatchObject({
      state: 'QUEUED',
      stage: 'WAITING',
      attempt: 0,
    });
    expect(await releaseRun(open(), running)).toBe(false);
  });

  test('is listed newest first, by state', async () => {
    const [older, newer] = [await queue(), await queue()];
    await start(older.id);
    const { rows } = await pageRuns(open(), {}, { first: 2 });
    expect(rows.map(({ id }) => id)).toEqual([newer.id, older.id]);
    const queued = await pageRuns(open(), { state: 'QUEUED' }, {});
    expect(queued.rows[0]?.id).toBe(newer.id);
    expect(new Set(queued.rows.map(({ state }) => state))).toEqual(new Set(['QUEUED']));
  });

  test('has no state that the machine does not know', async () => {
    const { id } = await queue();
    await expect(
      open().executeSql("update training_runs set state = 'PAUSED' where id = $1", [id]),
    ).rejects.toThrow('training_runs_state');
  });
});
