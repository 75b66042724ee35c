import PgBoss from 'pg-boss';
import { DEVICES, type Device } from '../compute/engines/engine.js';
import type { Database, DatabaseScope } from '../db/client.js';
import { newId } from '../db/new-id.js';
import type { Logger } from '../logger.js';
import { requeueLostRuns } from './lost-runs.js';
import { RUN_CANCELLED_CHANNEL } from './run-event.js';

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
const POLL_SECONDS = 0.5;
const STOP_TIMEOUT_MS = 10_000;
/** Longest time that pg-boss may think a job active; the look for lost runs is what really watches. */
const EXPIRE_HOURS = 23;

export interface RunQueue {
  /** Adds the job in the caller's transaction: it exists exactly if the run's row does. */
  enqueue(scope: DatabaseScope, runId: string, device: Device): Promise<void>;
  /** Queues lost runs again, now and from now on, until `stop`. */
  watch(): Promise<void>;
  /** Takes runs of `devices`, up to `concurrency` of each at once, until `stop`; watches too. `execute` never throws. */
  work(options: { devices: readonly Device[]; concurrency: number }, execute: Execute): Promise<void>;
  /** Aborts the run if it is executed by this process. */
  abort(runId: string): void;
  /** Takes no more runs, aborts those that are executed here (they go back to the queue), and resolves when they ended. */
  stop(): Promise<void>;
}

interface TrainJob {
  runId: string;
}

type Execute = (runId: string, signal: AbortSignal) => Promise<void>;

const queueName = (device: Device): string => `train-${device.toLowerCase()}`;

/** @param options.maxAttempts times that a run is tried in all when it loses its worker each time */
export async function createRunQueue(
  database: Database,
  logger: Logger,
  { maxAttempts }: { maxAttempts: number },
): Promise<RunQueue> {
  const boss = await startBoss(database, logger);
  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  let looking: Promise<void> | null = null;
  let lookTimer: NodeJS.Timeout | null = null;
  let stopListening: (() => Promise<void>) | null = null;
  let isStopping = false;

  const enqueue: RunQueue['enqueue'] = async (scope, runId, device) => {
    // Jobs of one transaction bear the same time; pg-boss hands them out by their ids then, which here are in order.
    await boss.send(queueName(device), { runId }, { db: scope, id: newId() });
  };
  const abort: RunQueue['abort'] = (runId) => running.get(runId)?.controller.abort();

  const look = async (isFirst: boolean): Promise<void> => {
    await requeueLostRuns(database, {
      // The embedded database has one process: whatever was RUNNING in it before has no worker any more.
      isAllLost: isFirst && database.kind === 'embedded',
      alive: [...running.keys()],
      maxAttempts,
      enqueue,
      logger,
    });
  };
  const watch: RunQueue['watch'] = async () => {
    if (lookTimer !== null) return;
    lookTimer = setInterval(() => {
      looking ??= look(false)
        .catch((error: unknown) => logger.error({ err: error }, 'looking for lost runs'))
        .finally(() => {
          looking = null;
        });
    }, LOOK_EVERY_MS);
    lookTimer.unref();
    await look(true);
  };

  const runOne = async (runId: string, execute: Execute): Promise<void> => {
    const controller = new AbortController();
    const ended = execute(runId, controller.signal).finally(() => running.delete(runId));
    running.set(runId, { controller, ended });
    await ended;
  };
  const take = async (job: PgBoss.Job<TrainJob> | undefined, device: Device, execute: Execute) => {
    if (job === undefined) return;
    const { runId } = job.data;
    // Taken while this process stops: the job goes back, for another.
    if (isStopping) await enqueue(database, runId, device);
    // Two jobs of one run: the other one is executed here already.
    else if (!running.has(runId)) await runOne(runId, execute);
  };

  return {
    enqueue,
    abort,
    watch,
    async work({ devices, concurrency }, execute) {
      await watch();
      stopListening = await database.listen(RUN_CANCELLED_CHANNEL, abort);
      const options = { pollingIntervalSeconds: POLL_SECONDS, batchSize: 1 };
      for (const device of devices) {
        for (let place = 0; place < concurrency; place += 1) {
          await boss.work<TrainJob>(queueName(device), options, ([job]) => take(job, device, execute));
        }
      }
    },
    async stop() {
      isStopping = true;
      if (lookTimer !== null) clearInterval(lookTimer);
      for (const device of DEVICES) await boss.offWork(queueName(device));
      const ending = [...running.values()];
      for (const { controller } of ending) controller.abort();
      await Promise.all([looking, ...ending.map(({ ended }) => ended)]);
      await stopListening?.().catch((error: unknown) => logger.warn({ err: error }, 'listening not ended'));
      await boss.stop({ graceful: true, wait: true, timeout: STOP_TIMEOUT_MS });
    },
  };
}

/** With a queue for every device, also those that this machine has not: their runs are queued here for others. */
async function startBoss(database: Database, logger: Logger): Promise<PgBoss> {
  const boss = new PgBoss({ db: database, schedule: false, migrate: true });
  boss.on('error', (error) => logger.error({ err: error }, 'job queue'));
  try {
    await inTurn(database, async () => {
      await boss.start();
      for (const device of DEVICES) {
        const name = queueName(device);
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
 * PostgreSQL all but one would end in a deadlock. The embedded database has one process, and no second connection.
 */
async function inTurn(database: Database, work: () => Promise<void>): Promise<void> {
  if (database.kind === 'embedded') return work();
  await database.transaction(async (scope) => {
    await scope.executeSql("select pg_advisory_xact_lock(hashtextextended('gelql job queues', 0))");
    await work();
  });
}
