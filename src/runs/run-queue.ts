import { sql } from 'drizzle-orm';
import { runMigrations } from 'graphile-worker';
import { setMaxListeners } from 'node:events';
import { RUN_CANCELLED_CHANNEL } from '../words/run-event.js';
import type { Database, DatabaseScope } from '../db/client.js';
import type { Logger } from '../logger.js';
import { asLibraryLogger, keepPlace } from './job-places.js';
import { releaseLostWorkers } from './lost-workers.js';
import { needsOf, type RunNeeds } from './run-needs.js';
import type { QueuedRun } from './training-runs.js';
import { beatWorker, engineFor, nameJobPlaces, stopWorker, type WorkerRow } from './workers.js';

/*
 * Who does what: the row in training_runs says how far a run is, for people (training-runs.ts); the job in graphile-worker
 * says who has it and when it is tried. Each run has one job until it has ended.
 *
 *   startTraining, one transaction   -> row QUEUED + job
 *   a worker locks the job           -> row RUNNING
 *   the run has ended                -> job removed
 *   its device or engine died        -> row QUEUED; the library tries the job again after a pause that grows
 *   its process stops in good order  -> row QUEUED + a new job for the old one, one transaction; the attempt does not count
 *   its process is silent for 20 s   -> row QUEUED, or FAILED after the last attempt, + job unlocked, one transaction
 *   cancelled, wherever it is        -> row CANCELLED + a notification that aborts it at its next batch; the worker that
 *                                       takes the job of a cancelled run removes it
 *
 * The library asks a worker only for jobs of the tasks it names: one task for each device and for heads and networks. It
 * unlocks the jobs of dead workers after 4 hours by itself; gelql knows sooner, by the beats in the table of workers. A
 * worker that was only thought dead finds the next attempt in its place and can neither write into it nor end it.
 *
 * Every server and every worker looks for silent workers every 4 s, so nothing depends on one that survives. A run can be
 * taken again 20 + 4 s after its worker's last beat, and is taken by the next poll, 1 s.
 */

const HEARTBEAT_MS = 5_000;
const LOOK_EVERY_MS = 4_000;
/** A run's row counts its attempts; the library's own limit, a smallint, must never end a job before. */
const MAX_TAKES = 32_767;
/** Connections besides the one on which each place listens for new jobs. */
const SHARED_CONNECTIONS = 4;

export interface RunQueue {
  /** Adds the job in the caller's transaction. Where the run has a locked job already, the new one takes its place. */
  enqueue(scope: DatabaseScope, run: QueuedRun): Promise<void>;
  /** Gives back the runs of workers that are silent, now and from now on, until `stop`. */
  watch(): Promise<void>;
  /** Beats for the worker and takes runs that its engines can do, longest waiting first, until `stop`; watches too. */
  work(worker: WorkerRow, execute: Execute): Promise<void>;
  /** Aborts the run if it is executed by this process. */
  abort(runId: string): void;
  /** Takes no more runs, aborts those that are executed here (they go back to the queue), and resolves when they ended. */
  stop(): Promise<void>;
}

/** @returns whether the job is done; false, or a rejection, where the run must be taken again */
export type Execute = (runId: string, signal: AbortSignal) => Promise<boolean>;

const nameTask = ({ device, inside }: RunNeeds): string =>
  `train-${inside ? 'network-' : ''}${device.toLowerCase()}`;

/** @param options.maxAttempts times that a run is tried in all when it loses its worker each time */
export async function createRunQueue(
  database: Database,
  logger: Logger,
  { maxAttempts }: { maxAttempts: number },
): Promise<RunQueue> {
  await migrateInTurn(database, logger);
  const running = new Map<string, AbortController>();
  const stopping = new AbortController();
  // Every place and every run listens to it.
  setMaxListeners(0, stopping.signal);
  const closers: (() => unknown)[] = [];
  let isWatching = false;

  const abort: RunQueue['abort'] = (runId) => running.get(runId)?.abort();
  const watch: RunQueue['watch'] = async () => {
    if (isWatching) return;
    isWatching = true;
    const look = () => releaseLostWorkers(database, maxAttempts, logger);
    closers.push(repeat(look, LOOK_EVERY_MS, (error) => logger.error({ err: error }, 'silent workers')));
    await look();
  };
  const take = async (runId: string, execute: Execute): Promise<boolean> => {
    // The library gave the job to another place here although this one lives: it was too busy to beat.
    if (running.has(runId)) return false;
    const controller = new AbortController();
    running.set(runId, controller);
    const signal = AbortSignal.any([controller.signal, stopping.signal]);
    return execute(runId, signal).finally(() => running.delete(runId));
  };

  return {
    async enqueue({ drizzle }, { id, configuration }) {
      // Runs of one transaction keep their order: clock_timestamp() moves on within it.
      await drizzle.execute(sql`
        select graphile_worker.add_job(${nameTask(needsOf(configuration))}, json_build_object('runId', ${id}::text),
          job_key := ${id}, max_attempts := ${MAX_TAKES}, run_at := clock_timestamp())`);
    },
    abort,
    watch,
    async work(worker, execute) {
      await watch();
      closers.push(() => stopWorker(database, worker.id));
      const warn = (error: unknown) => logger.warn({ err: error }, "the worker's beat failed");
      closers.push(repeat(() => beatWorker(database, worker.id), HEARTBEAT_MS, warn));
      closers.push(await database.listen(RUN_CANCELLED_CHANNEL, abort));
      const names = nameJobPlaces(worker);
      const pool = database.createPool(names.length + SHARED_CONNECTIONS);
      closers.push(() => pool.end());
      const places = names.map(({ device, name }) => {
        const needs = [false, true].map((inside) => ({ device, inside }));
        const tasks = needs.filter((need) => engineFor(worker, need) !== undefined).map(nameTask);
        const handle = (runId: string) => take(runId, execute);
        return keepPlace({ database, pool, logger }, { name, tasks, handle }, stopping.signal);
      });
      closers.push(() => Promise.all(places));
    },
    async stop() {
      stopping.abort();
      for (const close of closers.splice(0).reverse()) {
        await Promise.resolve(close()).catch((error: unknown) =>
          logger.warn({ err: error }, 'stopping the queue'),
        );
      }
    },
  };
}

/** Runs `work` every `everyMs`, never twice at once. @returns stops it and waits for the one that runs */
function repeat(work: () => Promise<void>, everyMs: number, onError: (error: unknown) => void) {
  let current: Promise<void> | null = null;
  const timer = setInterval(() => {
    current ??= work()
      .catch(onError)
      .finally(() => {
        current = null;
      });
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await current;
  };
}

/** Takes turns: of several processes that create the library's schema at once, all but one would fail. */
async function migrateInTurn(database: Database, logger: Logger): Promise<void> {
  const pgPool = database.createPool(1);
  try {
    await database.transaction(async ({ drizzle }) => {
      await drizzle.execute(sql`select pg_advisory_xact_lock(hashtextextended('gelql job queue', 0))`);
      await runMigrations({ pgPool, logger: asLibraryLogger(logger) });
    });
  } finally {
    await pgPool.end();
  }
}
