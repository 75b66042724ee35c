import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { GelqlError } from '../../src/errors.js';
import { RUN_EVENTS_CHANNEL, type RunEventBody } from '../../src/words/run-event.js';
import { appendRunEvents, listRunEvents } from '../../src/runs/run-events.js';
import {
  appendEpochs,
  cancelRun,
  failRun,
  findRun,
  finishRun,
  insertRun,
  loseRuns,
  startRun,
  updateRunProgress,
  type TrainingRunRow,
} from '../../src/runs/training-runs.js';
import { describeDatabase } from '../support/database.js';
import { epoch, TRAINED } from '../support/epoch.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';
import { waitFor } from '../support/wait-for.js';

describeDatabase('the events of a run', (open) => {
  let dataset: DatasetRow;
  beforeAll(async () => {
    dataset = await insertTestDataset(open(), 'events');
  });

  const queue = () => insertRun(open(), { fingerprint: 'made up', datasetId: dataset.id, configuration });
  const start = async (id: string): Promise<TrainingRunRow> => {
    const run = await startRun(open(), id);
    if (run === null) throw new Error('The run could not be started.');
    return run;
  };
  const eventsOf = (id: string) => listRunEvents(open(), id, { after: 0, limit: 10_000 });
  const bodiesOf = async (id: string) => (await eventsOf(id)).map(({ body }) => body);
  const entered = (state: string) => ({ kind: 'STATE', state, error: null });
  const reported = (progress: number): RunEventBody => ({
    kind: 'PROGRESS',
    stage: 'EXTRACTING_FEATURES',
    stageProgress: progress,
  });

  test('tell its whole story in order, with the attempt that each belongs to', async () => {
    const { id } = await queue();
    const first = await start(id);
    await appendEpochs(open(), first, [epoch(1), epoch(2)], { stage: 'TRAINING_HEAD', stageProgress: 0.5 });
    await loseRuns(open(), { runId: id }, 3);
    const second = await start(id);
    await updateRunProgress(open(), second, { stage: 'EXTRACTING_FEATURES', stageProgress: 0.25 });
    await appendEpochs(open(), second, [epoch(1)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    await finishRun(open(), second, TRAINED);

    const events = await eventsOf(id);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect((await findRun(open(), id))?.lastSequence).toBe(events.length);
    const trained = (stageProgress: number) => ({ kind: 'PROGRESS', stage: 'TRAINING_HEAD', stageProgress });
    expect(events.map(({ attempt, kind, body }) => [attempt, kind, body])).toEqual(
      [
        [0, entered('QUEUED')],
        [1, entered('RUNNING')],
        [1, { kind: 'EPOCH', epoch: epoch(1) }],
        [1, { kind: 'EPOCH', epoch: epoch(2) }],
        [1, trained(0.5)],
        [1, entered('QUEUED')],
        [2, entered('RUNNING')],
        [2, reported(0.25)],
        [2, { kind: 'EPOCH', epoch: epoch(1) }],
        [2, trained(1)],
        [2, entered('SUCCEEDED')],
      ].map(([attempt, body]) => [attempt, (body as { kind: string }).kind, body]),
    );
  });

  test('end with the error where it failed, and with nothing after it was cancelled', async () => {
    const failed = await start((await queue()).id);
    await failRun(open(), failed, new GelqlError('DATASET_TOO_SMALL', "It's small.", { facts: { n: 2 } }));
    const error = { code: 'DATASET_TOO_SMALL', message: "It's small.", facts: { n: 2 } };
    expect((await bodiesOf(failed.id)).at(-1)).toEqual({ kind: 'STATE', state: 'FAILED', error });

    const cancelled = await start((await queue()).id);
    await cancelRun(open(), cancelled.id);
    await expect(finishRun(open(), cancelled, TRAINED)).rejects.toMatchObject({ code: 'CANCELLED' });
    await failRun(open(), cancelled, new Error('late'));
    expect(await bodiesOf(cancelled.id)).toEqual(['QUEUED', 'RUNNING', 'CANCELLED'].map(entered));
  });

  test('are numbered without gaps and in the order of their commits, whoever writes them', async () => {
    const run = await start((await queue()).id);
    const seen: number[] = [];
    const watching = (async () => {
      while (seen.length < 22) {
        const events = await listRunEvents(open(), run.id, { after: seen.at(-1) ?? 0, limit: 7 });
        seen.push(...events.map(({ sequence }) => sequence));
        await delay(1);
      }
    })();
    const writers = Array.from({ length: 20 }, async (_, place) => {
      const undone = open().transaction(async (scope) => {
        await appendRunEvents(scope, run, [reported(0), reported(0)]);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      await updateRunProgress(open(), run, { stage: 'EXTRACTING_FEATURES', stageProgress: place / 20 });
    });
    await Promise.all(writers);
    await watching;
    expect(seen).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
  });

  test('are announced when they are committed, the newest of each step', async () => {
    const payloads: string[] = [];
    const stop = await open().listen(RUN_EVENTS_CHANNEL, (payload) => payloads.push(payload));
    const run = await start((await queue()).id);
    await appendEpochs(open(), run, [epoch(1), epoch(2)], { stage: 'TRAINING_HEAD', stageProgress: 1 });
    await finishRun(open(), run, TRAINED);
    await waitFor(() => payloads.length >= 4);
    expect(payloads).toEqual([1, 2, 5, 6].map((sequence) => `${run.id} ${sequence}`));
    await stop();
  });

  test('are paged from any of them on, and refused to an attempt that was replaced', async () => {
    const run = await start((await queue()).id);
    await appendRunEvents(open(), run, [reported(0.1), reported(0.2)]);
    const rest = await listRunEvents(open(), run.id, { after: 2, limit: 1 });
    expect(rest).toMatchObject([{ sequence: 3, attempt: 1, body: reported(0.1) }]);
    expect(await listRunEvents(open(), run.id, { after: 4, limit: 5 })).toEqual([]);
    expect(await listRunEvents(open(), 'no id', { after: 0, limit: 5 })).toEqual([]);
    const stale = appendRunEvents(open(), { id: run.id, attempt: 0 }, [reported(1)]);
    await expect(stale).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
