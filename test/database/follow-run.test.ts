import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import type { Database } from '../../src/db/client.js';
import { trainingRuns } from '../../src/db/schema.js';
import { followRun } from '../../src/runs/follow-run.js';
import { createRunAnnouncements, type RunAnnouncements } from '../../src/runs/run-announcements.js';
import type { RunEventBody } from '../../src/words/run-event.js';
import { appendRunEvents, changeRuns, listRunEvents } from '../../src/runs/run-events.js';
import type { TrainingEvent } from '../../src/runs/run-progress.js';
import { insertRun, type TrainingRunRow } from '../../src/runs/training-runs.js';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase, silent } from '../support/database.js';
import { configuration, insertTestDataset } from '../support/registry-rows.js';

const progress = (stageProgress: number): RunEventBody => ({
  kind: 'PROGRESS',
  stage: 'EXTRACTING_FEATURES',
  stageProgress,
});

describeDatabase('following a run', (open) =>
  describe('from its events', () => {
    let dataset: DatasetRow;
    let announcements: RunAnnouncements;
    beforeAll(async () => {
      dataset = await insertTestDataset(open(), 'followed');
      announcements = createRunAnnouncements(open(), silent);
    });
    afterAll(() => announcements.close());

    const addRun = () => insertRun(open(), { fingerprint: 'made up', datasetId: dataset.id, configuration });
    const append = (run: TrainingRunRow, count: number) =>
      appendRunEvents(
        open(),
        run,
        Array.from({ length: count }, (_, index) => progress(index / count)),
      );
    const end = ({ id }: TrainingRunRow) =>
      changeRuns(open(), eq(trainingRuns.id, id), { state: 'SUCCEEDED', stage: 'DONE', stageProgress: 1 }, [
        { kind: 'STATE', state: 'SUCCEEDED', error: null },
      ]);
    const storedOf = ({ id }: TrainingRunRow) => listRunEvents(open(), id, { after: 0, limit: 10_000 });
    const follow = (run: TrainingRunRow, after = 0, by = announcements) =>
      followRun({ database: open(), announcements: by }, run.id, after);
    const take = async (events: AsyncIterator<TrainingEvent>, count: number): Promise<TrainingEvent[]> => {
      const taken: TrainingEvent[] = [];
      while (taken.length < count) {
        const { value, done } = await events.next();
        if (done === true) break;
        taken.push(value);
      }
      return taken;
    };
    const sequencesOf = (events: readonly { sequence: number }[]) => events.map(({ sequence }) => sequence);

    test('gives what is stored, then what comes, and ends with the last event', async () => {
      const run = await addRun();
      await append(run, 450);
      const events = await follow(run);
      const before = (await storedOf(run)).length;
      expect(sequencesOf(await take(events, before))).toEqual(sequencesOf(await storedOf(run)));
      const next = events.next();
      await append(run, 1);
      expect((await next).value).toMatchObject({ sequence: before + 1, kind: 'PROGRESS', state: run.state });
      await end(run);
      expect(await take(events, 9)).toMatchObject([
        {
          sequence: before + 2,
          kind: 'STATE',
          state: 'SUCCEEDED',
          stage: 'DONE',
          stageProgress: 1,
          secondsLeft: 0,
        },
      ]);
      expect(announcements.watchCount()).toBe(0);
      // Who has seen the last event is not left waiting.
      expect(await take(await follow(run, before + 2), 1)).toEqual([]);
    });

    test('misses and repeats nothing, however often and wherever it is cut', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 230 }), { minLength: 1, maxLength: 4 }),
          fc.infiniteStream(fc.integer({ min: 0, max: 150 })),
          async (bursts, cuts) => {
            const run = await addRun();
            const writing = (async () => {
              for (const count of bursts) await append(run, count);
              await end(run);
            })();
            const seen: TrainingEvent[] = [];
            for (let isDone = false; !isDone;) {
              const events = await follow(run, seen.at(-1)?.sequence ?? 0);
              const wanted: number = cuts.next().value;
              const taken = await take(events, wanted);
              await events.return?.();
              seen.push(...taken);
              isDone = seen.at(-1)?.state === 'SUCCEEDED';
            }
            await writing;
            const stored = await storedOf(run);
            expect(seen.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt])).toEqual(
              stored.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt]),
            );
            // What is derived from the events is the same as for one who was never cut off.
            expect(seen).toEqual(await take(await follow(run), Infinity));
          },
        ),
        { numRuns: 8 },
      );
      expect(announcements.watchCount()).toBe(0);
    });

    test('is freed by its end also while it waits', async () => {
      const run = await addRun();
      const events = await follow(run);
      await take(events, (await storedOf(run)).length);
      const waiting = events.next();
      expect(announcements.watchCount()).toBe(1);
      await events.return?.();
      expect(await waiting).toEqual({ value: undefined, done: true });
      expect(announcements.watchCount()).toBe(0);
    });

    test('reads no further than it is asked', async () => {
      const run = await addRun();
      await append(run, 3_000);
      let selects = 0;
      const counted = countSelects(open(), () => (selects += 1));
      const events = await followRun({ database: counted, announcements }, run.id, 0);
      await take(events, 10);
      for (let burst = 0; burst < 20; burst += 1) await append(run, 50);
      // The run, its data set, one page.
      expect(selects).toBe(3);
      await events.return?.();
    });

    test('finds what was not announced', async () => {
      const quick = createRunAnnouncements(open(), silent, { pollMs: 50 });
      const run = await addRun();
      const events = await follow(run, 0, quick);
      await take(events, (await storedOf(run)).length);
      const next = events.next();
      // As if the notification had been lost: the rows alone.
      await open().executeSql(
        `with run as (update training_runs set last_sequence = last_sequence + 1 where id = $1 returning id, last_sequence)
       insert into run_events (run_id, sequence, attempt, kind, body) select id, last_sequence, 0, 'PROGRESS', $2::jsonb from run`,
        [run.id, progress(0.5)],
      );
      expect((await next).value).toMatchObject({ stage: 'EXTRACTING_FEATURES', stageProgress: 0.5 });
      await quick.close();
    });

    test('stops with SHUTTING_DOWN when the process does', async () => {
      const own = createRunAnnouncements(open(), silent);
      const run = await addRun();
      const events = await follow(run, 0, own);
      await take(events, (await storedOf(run)).length);
      const next = rejection(events.next());
      await own.close();
      expect(await next).toMatchObject({ code: 'SHUTTING_DOWN' });
      expect(await rejection(follow(run, 0, own))).toMatchObject({ code: 'SHUTTING_DOWN' });
    });

    test('refuses a run that is not there and a number that cannot be', async () => {
      const absent = { database: open(), announcements };
      expect(await rejection(followRun(absent, 'nothing', 0))).toMatchObject({ code: 'NOT_FOUND' });
      const run = await addRun();
      expect(await rejection(follow(run, -1))).toMatchObject({ code: 'BAD_REQUEST' });
    });

    test('listens once, however many follow, and goes on when the connection was lost', async () => {
      const runs = [await addRun(), await addRun()];
      const followed = await Promise.all([...runs, ...runs, ...runs].map((run) => follow(run)));
      expect(announcements.watchCount()).toBe(6);
      const { rows } = await open().executeSql(
        `select pid from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
      );
      expect(rows).toHaveLength(1);
      await open().executeSql('select pg_terminate_backend($1::integer)', [rows[0]?.pid]);
      for (const run of runs) await end(run);
      for (const events of followed) expect((await take(events, 99)).at(-1)?.state).toBe('SUCCEEDED');
    });
  }),
);

/** The database with a look at every select that drizzle builds. */
function countSelects(database: Database, onSelect: () => void): Database {
  const drizzle = new Proxy(database.drizzle, {
    get(target, name) {
      if (name === 'select') onSelect();
      return Reflect.get(target, name) as unknown;
    },
  });
  return { ...database, drizzle };
}
