import PgBoss from 'pg-boss';
import { setMaxListeners } from 'node:events';
import { DEVICES, type Device } from '../words/device.js';
import type { Database, DatabaseScope } from '../db/client.js';
import { newId } from '../db/new-id.js';
import type { Logger } from '../logger.js';
import { requeueLostRuns } from './lost-runs.js';
import { RUN_CANCELLED_CHANNEL } from '../words/run-event.js';
import { needsOf, type RunNeeds } from './run-needs.js';
import { takeJobs } from './take-jobs.js';
import type { QueuedRun } from './training-runs.js';

/*
 * Who does what: the row in training_runs says how far a run is (training-runs.ts), the pg-boss job says who takes it.
 *
 *   startTraining, one transaction:   row QUEUED + job created
 *   a worker takes the job            -> row RUNNING (compare-and-set: a job that comes twice finds the row taken)
 *   the worker beats every 5 s; what it reports counts as a beat too
 *   no beat for 20 s: it is gone      -> row QUEUED + a new job, or FAILED after the last attempt
 *   a process stops in good order     -> row QUEUED + a new job at once, and the attempt does not count
 *   cancelled, wherever it runs       -> row CANCELLED + a notification that aborts it at its next batch; where that is
 *                                        lost, the next beat finds the row and does the same
 *   row QUEUED, but its job is spent  -> a new job: the process ended between taking the job and starting the run
 *
 * Each device has two queues, one for heads and one for runs that train inside networks. A worker claims from those that
 * its engines can serve and never sees the jobs of the others.
 *
 * Every server and every worker looks for lost runs every 4 s, one of them at a time, so nothing depends on one that
 * survives. A run is queued again 20 + 4 s after its worker's last beat, 20 + 4 + 4 s where the process that was looking
 * dies too: within 30 s of the death, which is after the last beat.
 *
 * A job too many is harmless, it finds its row taken; a row without a job would wait for ever. pg-boss itself never
 * retries or expires a job: it cannot tell a long run from a dead worker, the heartbeat can. What that costs: two tables
 * say something about one run, and a machine that stalls for 20 s loses its runs although it lives.
 */

export const HEARTBEAT_MS = 5_000;
const LOOK_EVERY_MS = 4_000;
/** Longest time that pg-boss may think a job active; the look for lost runs is what really watches. */
const EXPIRE_HOURS = 23;

export interface RunQueue {
  /** Adds the job in the caller's transaction: it exists exactly if the run's row does. */
  enqueue(scope: DatabaseScope, run: QueuedRun): Promise<void>;
  /** Queues lost runs again, now and from now on, until `stop`. */
  watch(): Promise<void>;
  /** Takes runs until `stop`, those that have waited longest first; watches too. `execute` never throws. */
  work(options: WorkOptions, execute: Execute): Promise<void>;
  /** Aborts the run if it is executed by this process. */
  abort(runId: string): void;
  /** Takes no more runs, aborts those that are executed here (they go back to the queue), and resolves when they ended. */
  stop(): Promise<void>;
}

export interface WorkOptions {
  devices: readonly Device[];
  /** Those of `devices` on which runs that train inside networks are taken; elsewhere they are left to other workers. */
  networkDevices: readonly Device[];
  /** Runs of each device at once, whatever they train. */
  concurrency: number;
}

interface TrainJob {
  runId: string;
}

type Execute = (runId: string, signal: AbortSignal) => Promise<void>;

const queueName = ({ device, inside }: RunNeeds): string =>
  `train-${inside ? 'network-' : ''}${device.toLowerCase()}`;

const QUEUES = DEVICES.flatMap((device) => [false, true].map((inside) => queueName({ device, inside })));

/** @param options.maxAttempts times that a run is tried in all when it loses its worker each time */
export async function createRunQueue(
  database: Database,
  logger: Logger,
  { maxAttempts }: { maxAttempts: number },
): Promise<RunQueue> {
  const boss = await startBoss(database, logger);
  const running = new Map<string, AbortController>();
  let looking: Promise<void> | null = null;
  let lookTimer: NodeJS.Timeout | null = null;
  let stopListening: (() => Promise<void>) | null = null;
  const stopping = new AbortController();
  // Every place listens to it.
  setMaxListeners(0, stopping.signal);
  const places: Promise<void>[] = [];

  const enqueue: RunQueue['enqueue'] = async (scope, { id: runId, configuration }) => {
    // Jobs of one transaction bear the same time; pg-boss hands them out by their ids then, which here are in order.
    await boss.send(queueName(needsOf(configuration)), { runId }, { db: scope, id: newId() });
  };
  const abort: RunQueue['abort'] = (runId) => running.get(runId)?.abort();

  const look = async (): Promise<void> => {
    await requeueLostRuns(database, {
      alive: [...running.keys()],
      maxAttempts,
      enqueue,
      logger,
    });
  };
  const watch: RunQueue['watch'] = async () => {
    if (lookTimer !== null) return;
    lookTimer = setInterval(() => {
      looking ??= look()
        .catch((error: unknown) => logger.error({ err: error }, 'looking for lost runs'))
        .finally(() => {
          looking = null;
        });
    }, LOOK_EVERY_MS);
    lookTimer.unref();
    await look();
  };

  const runOne = async ({ runId }: TrainJob, execute: Execute): Promise<void> => {
    // Two jobs of one run: the other one is executed here already.
    if (running.has(runId)) return;
    const controller = new AbortController();
    running.set(runId, controller);
    await execute(runId, controller.signal).finally(() => running.delete(runId));
  };

  return {
    enqueue,
    abort,
    watch,
    async work({ devices, networkDevices, concurrency }, execute) {
      await watch();
      stopListening = await database.listen(RUN_CANCELLED_CHANNEL, abort);
      const handle = (job: TrainJob) => runOne(job, execute);
      for (const device of devices) {
        const taken = networkDevices.includes(device) ? [false, true] : [false];
        const queues = taken.map((inside) => queueName({ device, inside }));
        for (let place = 0; place < concurrency; place += 1) {
          places.push(takeJobs({ boss, database, logger }, queues, handle, stopping.signal));
        }
      }
    },
    async stop() {
      stopping.abort();
      if (lookTimer !== null) clearInterval(lookTimer);
      for (const controller of running.values()) controller.abort();
      await Promise.all([looking, ...places]);
      await stopListening?.().catch((error: unknown) => logger.warn({ err: error }, 'listening not ended'));
      await boss.stop();
    },
  };
}

/** With every queue, also those that this machine cannot serve: their runs are queued here for others. */
async function startBoss(database: Database, logger: Logger): Promise<PgBoss> {
  const boss = new PgBoss({ db: database, schedule: false, migrate: true });
  boss.on('error', (error) => logger.error({ err: error }, 'job queue'));
  try {
    await inTurn(database, async () => {
      await boss.start();
      for (const name of QUEUES) {
        await boss.createQueue(name, {
          name,
          policy: 'standard',
          retryLimit: 0,
          expireInHours: EXPIRE_HOURS,
        });
      }
    });
    return boss;
  } catch (error) {
    // Its timers would keep the process from ending, and ask a closed database.
    await boss.stop({ graceful: false });
    throw error;
  }
}

/**
 * Creating a queue locks a row of the table of queues and then the table: of processes that start together on an empty
 * PostgreSQL all but one would end in a deadlock.
 */
async function inTurn(database: Database, work: () => Promise<void>): Promise<void> {
  await database.transaction(async (scope) => {
    await scope.executeSql("select pg_advisory_xact_lock(hashtextextended('gelql job queues', 0))");
    await work();
  });
}
