import { setMaxListeners } from 'node:events';
import { GelqlError, serializeError, type ErrorCode } from '../errors.js';
import type { RunQueue } from '../runs/run-queue.js';
import { hasEnded } from '../runs/run-progress.js';
import { trainModel } from './train-model.js';
import type { TrainingServices } from './training-job.js';
import {
  failRun,
  findRun,
  isStillRunning,
  loseRuns,
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
/** From one look at whether the run still belongs here to the next. */
const CHECK_EVERY_MS = 5_000;

/**
 * Takes a run whose job this worker has to its end; what went wrong is stored with the run. A run that has ended, or was
 * cancelled before it began, is left alone.
 * @param signal aborted when the run is cancelled (the row says so already) or when this process stops
 * @param workerId this process in the list of workers
 * @returns whether the job is done; false where the run must be taken again
 * @throws Error where the database cannot be asked for the run
 */
export async function executeRun(
  services: RunServices,
  runId: string,
  signal: AbortSignal,
  workerId: string,
): Promise<boolean> {
  const { config, database, logger } = services;
  // Who has the job has the run: where it is still RUNNING, its worker could not store its end.
  await loseRuns(database, { runId }, config.maxAttempts);
  const run = await startRun(database, runId, workerId);
  if (run === null) {
    const other = await findRun(database, runId);
    return other === null || hasEnded(other);
  }
  const lost = new AbortController();
  const both = AbortSignal.any([signal, lost.signal]);
  // Every decoding of a batch listens to it at the same time.
  setMaxListeners(0, both);
  // Cancelled or taken over elsewhere: stop computing for nothing.
  const check = setInterval(() => {
    isStillRunning(database, run)
      .then((isRunning) => isRunning || lost.abort())
      .catch((error: unknown) => logger.warn({ err: error, runId }, 'asking for the run failed'));
  }, CHECK_EVERY_MS);
  try {
    logger.info({ runId, name: run.name, attempt: run.attempt }, 'run begins');
    const model = await trainModel(services, run, both);
    logger.info({ runId, model: model.name }, 'run succeeded');
    return true;
  } catch (error) {
    return await endFailed(services, run, signal, error);
  } finally {
    clearInterval(check);
  }
}

/** @returns as executeRun */
async function endFailed(
  { config, database, queue, logger }: RunServices,
  run: TrainingRunRow,
  signal: AbortSignal,
  error: unknown,
): Promise<boolean> {
  const runId = run.id;
  if (signal.aborted) {
    // Cancelled rows stay cancelled; a run that only loses its process goes back to the queue.
    const isReleased = await database.transaction(async (scope) => {
      const isQueued = await releaseRun(scope, run);
      if (isQueued) await queue.enqueue(scope, run);
      return isQueued;
    });
    if (isReleased) logger.info({ runId }, 'run goes back to the queue');
    if (isReleased) return true;
  } else if (error instanceof GelqlError && DIED.includes(error.code)) {
    if (await retryRun(database, run, config.maxAttempts)) {
      logger.warn({ runId, attempt: run.attempt, err: error }, 'run goes back to the queue');
      return false;
    }
  }
  if (!(error instanceof GelqlError)) logger.error({ err: error, runId }, 'run failed unexpectedly');
  if (await failRun(database, run, error)) {
    logger.warn({ runId, error: serializeError(error) }, 'run failed');
    return true;
  }
  const now = await findRun(database, runId);
  logger.warn({ runId, state: now?.state }, 'run was cancelled, or given to another worker');
  return now === null || hasEnded(now);
}
