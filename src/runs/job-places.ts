import { sql } from 'drizzle-orm';
import { Logger as LibraryLogger, run, type TaskList } from 'graphile-worker';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database, DatabaseScope } from '../db/client.js';
import type { Logger } from '../logger.js';

/** A job that was unlocked is announced to nobody; new ones are. */
const POLL_MS = 1_000;
/** After a place broke: a database that is away needs no more than this. */
const RESTART_MS = 4_000;

export interface JobPlace {
  /** Under which the library locks jobs; no other place in any process has it. */
  name: string;
  tasks: readonly string[];
  /** @returns whether the job is done; false, or a rejection, where it must be tried again */
  handle: (runId: string) => Promise<boolean>;
}

/**
 * Takes the jobs of `tasks` one after another, longest waiting first, until `signal` is aborted; resolves when the last
 * one is handled. The library gives a place up when it cannot store how a job ended, so it is started again.
 */
export async function keepPlace(
  services: { database: Database; pool: ReturnType<Database['createPool']>; logger: Logger },
  place: JobPlace,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger } = services;
  while (!signal.aborted) {
    try {
      // What it had before it broke; nobody else looks for it while this process beats.
      await unlockJobs(database, [place.name]);
      await runPlace(services, place, signal);
    } catch (error) {
      logger.warn({ err: error, place: place.name }, 'taking jobs failed');
    }
    // Rejects when it is cut short.
    await delay(RESTART_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function runPlace(
  { pool, logger }: Parameters<typeof keepPlace>[0],
  { name, tasks, handle }: JobPlace,
  signal: AbortSignal,
): Promise<void> {
  const work = async (payload: unknown) => {
    const { runId } = payload as { runId: string };
    // The library removes a job whose task returns, whoever has it by then.
    if (!(await handle(runId))) throw new Error(`The run ${runId} must be taken again.`);
  };
  const taskList: TaskList = Object.fromEntries(tasks.map((task) => [task, work]));
  const events = new EventEmitter();
  const broken = once(events, 'worker:fatalError', { signal }).catch(() => undefined);
  const runner = await run({
    ...{ pgPool: pool, taskList, events, workerId: name, concurrency: 1, pollInterval: POLL_MS },
    ...{ noHandleSignals: true, logger: asLibraryLogger(logger), parsedCronItems: [] },
  });
  runner.promise.catch((error: unknown) => logger.warn({ err: error, place: name }, 'a place ended'));
  await broken;
  await runner.stop();
}

/** Lets others take the jobs that the places have locked, in the caller's transaction. */
export async function unlockJobs({ drizzle }: DatabaseScope, places: readonly string[]): Promise<void> {
  const names = sql.join(
    places.map((place) => sql`${place}`),
    sql`, `,
  );
  await drizzle.execute(sql`select graphile_worker.force_unlock_workers(array[${names}]::text[])`);
}

/** Its errors are failures of one job, which are tried again, so they are warnings here; what it says else is detail. */
export function asLibraryLogger(logger: Logger): LibraryLogger {
  return new LibraryLogger(() => (level: string, message) => {
    if (level === 'error' || level === 'warning') logger.warn({ library: 'graphile-worker' }, message);
    else logger.debug({ library: 'graphile-worker' }, message);
  });
}
