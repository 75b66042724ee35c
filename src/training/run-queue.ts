import PgBoss from 'pg-boss';
import type { Device } from '../compute/engines/engine.js';
import type { Database, DatabaseScope } from '../db/client.js';
import { newId } from '../db/new-id.js';
import type { Logger } from '../logger.js';
import { requeueOrphans } from './training-runs.js';

/*
 * Who does what: the row in training_runs says how far a run is (training-runs.ts), the pg-boss job says who takes it.
 *
 *   startTraining, one transaction:  row QUEUED  +  job created
 *   a worker takes the job           -> row RUNNING (compare-and-set: a job that comes twice finds the row taken)
 *   the worker beats every 5 s
 *   no beat for 30 s: its process is gone -> row QUEUED again + a new job, at most MAX_ATTEMPTS times, then FAILED
 *   a process stops in good order    -> row without a beat, which is queued again at once and costs no attempt
 *   row QUEUED, but its job is spent -> a new job: the process ended between taking the job and starting the run
 *
 * A job too many is harmless, it finds its row taken; a row without a job would wait for ever.
 * pg-boss itself never retries or expires a job: it cannot tell a long run from a dead worker, the heartbeat can.
 */

export const HEARTBEAT_MS = 5_000;
const STALE_AFTER_MS = 30_000;
const SWEEP_EVERY_MS = 10_000;
const POLL_SECONDS = 0.5;
const STOP_TIMEOUT_MS = 10_000;
const QUEUED_WITHOUT_JOB = `
  select id, configuration->>'device' as device from training_runs run
  where state = 'QUEUED' and not exists (
    select 1 from pgboss.job where job.state = 'created' and job.data->>'runId' = run.id::text
  )`;
/** Longest time that pg-boss may think a job active; the sweep above is what really watches. */
const EXPIRE_HOURS = 23;

export interface RunQueue {
  /** Adds the job in the caller's transaction: it exists exactly if the run's row does. */
  enqueue(scope: DatabaseScope, runId: string, device: Device): Promise<void>;
  /** Takes runs of `devices`, one at a time each, until `stop`. `execute` never throws: a failed run is its own row. */
  work(devices: readonly Device[], execute: Execute): Promise<void>;
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

/** @param devices queues to create; a run for another device cannot be enqueued */
export async function createRunQueue(
  database: Database,
  devices: readonly Device[],
  logger: Logger,
): Promise<RunQueue> {
  const boss = new PgBoss({ db: database, schedule: false, migrate: true });
  boss.on('error', (error) => logger.error({ err: error }, 'job queue'));
  await boss.start();
  for (const device of devices) {
    await boss.createQueue(queueName(device), {
      name: queueName(device),
      policy: 'standard',
      retryLimit: 0,
      expireInHours: EXPIRE_HOURS,
    });
  }

  const running = new Map<string, { controller: AbortController; ended: Promise<void> }>();
  let sweeping: Promise<void> = Promise.resolve();
  let sweepTimer: NodeJS.Timeout | null = null;
  let isStopping = false;

  const enqueue: RunQueue['enqueue'] = async (scope, runId, device) => {
    // Jobs of one transaction bear the same time; pg-boss hands them out by their ids then, which here are in order.
    await boss.send(queueName(device), { runId }, { db: scope, id: newId() });
  };

  const requeue = async (staleMs: number): Promise<void> => {
    await database.transaction(async (scope) => {
      for (const run of await requeueOrphans(scope, staleMs)) {
        logger.warn({ runId: run.id, attempt: run.attempt }, 'run lost its worker, queued again');
      }
      // Those that were just queued again are among them.
      const { rows } = await scope.executeSql(QUEUED_WITHOUT_JOB);
      for (const { id, device } of rows) await enqueue(scope, String(id), device as Device);
    });
  };

  const runOne = async ({ data: { runId } }: PgBoss.Job<TrainJob>, execute: Execute): Promise<void> => {
    const controller = new AbortController();
    const ended = execute(runId, controller.signal).finally(() => running.delete(runId));
    running.set(runId, { controller, ended });
    await ended;
  };

  return {
    enqueue,
    async work(workDevices, execute) {
      // The embedded database has one process: whatever is RUNNING in it has no worker any more.
      await requeue(database.kind === 'embedded' ? 0 : STALE_AFTER_MS);
      for (const device of workDevices) {
        await boss.work<TrainJob>(
          queueName(device),
          { pollingIntervalSeconds: POLL_SECONDS, batchSize: 1 },
          async ([job]) => {
            // A job that comes while stopping is spent; its row stays QUEUED and gets a new one at the next start.
            if (job !== undefined && !isStopping) await runOne(job, execute);
          },
        );
      }
      sweepTimer = setInterval(() => {
        sweeping = requeue(STALE_AFTER_MS).catch((error: unknown) =>
          logger.error({ err: error }, 'sweep of lost runs'),
        );
      }, SWEEP_EVERY_MS);
      sweepTimer.unref();
    },
    abort(runId) {
      running.get(runId)?.controller.abort();
    },
    async stop() {
      isStopping = true;
      if (sweepTimer !== null) clearInterval(sweepTimer);
      const ending = [...running.values()];
      for (const { controller } of ending) controller.abort();
      await Promise.all([sweeping, ...ending.map(({ ended }) => ended)]);
      await boss.stop({ graceful: true, wait: true, timeout: STOP_TIMEOUT_MS });
    },
  };
}
