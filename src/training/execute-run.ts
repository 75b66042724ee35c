import { setMaxListeners } from 'node:events';
import { GelqlError } from '../errors.js';
import { HEARTBEAT_MS } from './run-queue.js';
import { trainModel, type TrainingServices } from './train-model.js';
import { failRun, heartbeat, releaseRun, startRun, type TrainingRunRow } from './training-runs.js';

/**
 * Takes a queued run to its end and never throws: what went wrong is stored with the run. A run that another worker
 * took, or that was cancelled before it began, is left alone.
 * @param signal aborted when the run is cancelled (the row says so already) or when this process stops
 */
export async function executeRun(
  services: TrainingServices,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  const { database, logger } = services;
  const stopped = new AbortController();
  const both = AbortSignal.any([signal, stopped.signal]);
  // Every decoding of a batch listens to it at the same time.
  setMaxListeners(0, both);
  let beat: NodeJS.Timeout | null = null;
  let run: TrainingRunRow | null = null;
  try {
    run = await startRun(database, runId);
    if (run === null) return;
    const claim = run;
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
  { database, logger }: TrainingServices,
  run: TrainingRunRow,
  signal: AbortSignal,
  lost: AbortSignal,
  error: unknown,
): Promise<void> {
  try {
    if (lost.aborted) return;
    if (signal.aborted) {
      // Cancelled rows stay cancelled; a run that only loses its process goes back to the queue.
      await releaseRun(database, run);
      return;
    }
    if (!(error instanceof GelqlError))
      logger.error({ err: error, runId: run.id }, 'run failed unexpectedly');
    await failRun(database, run, error);
  } catch (storing) {
    logger.error(
      { err: storing, runId: run.id, cause: error },
      'the end of the run could not be stored; its heartbeat will run out',
    );
  }
}
