import { setMaxListeners } from 'node:events';
import type { DatabaseScope } from '../db/client.js';
import { GelqlError, serializeError, type ErrorCode } from '../errors.js';
import { HEARTBEAT_MS, type RunQueue } from '../runs/run-queue.js';
import { trainModel } from './train-model.js';
import type { TrainingServices } from './training-services.js';
import {
  failRun,
  heartbeat,
  releaseRun,
  retryRun,
  startRun,
  type TrainingRunRow,
} from '../runs/training-runs.js';

export interface RunServices extends TrainingServices {
  queue: RunQueue;
}

/** What died under the run says nothing about it: the next attempt has a new thread, process or device. */
const DIED: readonly ErrorCode[] = ['WORKER_CRASHED', 'DEVICE_LOST'];

/**
 * Takes a queued run to its end and never throws: what went wrong is stored with the run. A run that another worker
 * took, or that was cancelled before it began, is left alone.
 * @param signal aborted when the run is cancelled (the row says so already) or when this process stops
 * @param workerId this process in the list of workers; null where it is not listed
 */
export async function executeRun(
  services: RunServices,
  runId: string,
  signal: AbortSignal,
  workerId: string | null = null,
): Promise<void> {
  const { database, logger } = services;
  const stopped = new AbortController();
  const both = AbortSignal.any([signal, stopped.signal]);
  // Every decoding of a batch listens to it at the same time.
  setMaxListeners(0, both);
  let beat: NodeJS.Timeout | null = null;
  let run: TrainingRunRow | null = null;
  try {
    run = await startRun(database, runId, workerId);
    if (run === null) return;
    const claim = run;
    logger.info({ runId, name: run.name, attempt: run.attempt }, 'run begins');
    beat = setInterval(() => {
      heartbeat(database, claim)
        .then((isRunning) => {
          // Cancelled or taken over elsewhere: stop computing for nothing.
          if (!isRunning) stopped.abort();
        })
        .catch((error: unknown) => logger.warn({ err: error, runId }, 'heartbeat failed'));
    }, HEARTBEAT_MS);
    const model = await trainModel(services, run, both);
    logger.info({ runId, model: model.name }, 'run succeeded');
  } catch (error) {
    if (run === null) logger.error({ err: error, runId }, 'the run could not be started');
    else await endFailed(services, run, signal, stopped.signal, error);
  } finally {
    if (beat !== null) clearInterval(beat);
  }
}

async function endFailed(
  { config, database, queue, logger }: RunServices,
  run: TrainingRunRow,
  signal: AbortSignal,
  lost: AbortSignal,
  error: unknown,
): Promise<void> {
  const giveBack = (change: (scope: DatabaseScope) => Promise<boolean>) =>
    database.transaction(async (scope) => {
      const isQueued = await change(scope);
      if (isQueued) await queue.enqueue(scope, run);
      return isQueued;
    });
  try {
    if (lost.aborted) {
      logger.warn({ runId: run.id }, 'run was cancelled, or given to another worker');
      return;
    }
    if (signal.aborted) {
      // Cancelled rows stay cancelled; a run that only loses its process goes back to the queue.
      const isReleased = await giveBack((scope) => releaseRun(scope, run));
      logger.info({ runId: run.id }, isReleased ? 'run goes back to the queue' : 'run was cancelled');
      return;
    }
    if (error instanceof GelqlError && DIED.includes(error.code)) {
      const isRetried = await giveBack((scope) => retryRun(scope, run, config.maxAttempts));
      if (isRetried) {
        logger.warn({ runId: run.id, attempt: run.attempt, err: error }, 'run goes back to the queue');
        return;
      }
    }
    if (!(error instanceof GelqlError))
      logger.error({ err: error, runId: run.id }, 'run failed unexpectedly');
    await failRun(database, run, error);
    logger.warn({ runId: run.id, error: serializeError(error) }, 'run failed');
  } catch (storing) {
    logger.error(
      { err: storing, runId: run.id, cause: error },
      'the end of the run could not be stored; its heartbeat will run out',
    );
  }
}
