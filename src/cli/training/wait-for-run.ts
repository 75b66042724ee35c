import type { App } from '../../app.js';
import { deserializeError, GelqlError } from '../../errors.js';
import { findModelsOfRuns, type ModelRow } from '../../registry/models.js';
import { cancelTraining } from '../../runs/cancel-training.js';
import { followRun } from '../../runs/follow-run.js';
import { findRun } from '../../runs/training-runs.js';
import type { Progress } from '../terminal/progress.js';
import { STAGE_LABELS } from './stage-labels.js';
import { whenAborted } from './when-aborted.js';

/**
 * Follows a run through its events, wherever it is executed.
 * @param options.signal cancels the run, or where it `isShared` with whoever asked for it first, only the waiting
 * @throws GelqlError the stored error of a failed run, CANCELLED
 */
export async function waitForRun(
  app: App,
  runId: string,
  progress: Progress,
  { signal, isShared = false }: { signal?: AbortSignal; isShared?: boolean } = {},
): Promise<ModelRow> {
  const known = await findRun(app.database, runId);
  // The steps of a run that has ended would be told again, each with a time left.
  if (known !== null && !['QUEUED', 'RUNNING'].includes(known.state)) return modelOf(app, runId);
  const events = await followRun(app, runId, 0);
  const stopListening = whenAborted(signal, async () =>
    isShared ? events.return?.() : cancelUnlessEnded(app, runId),
  );
  try {
    for await (const { stage, stageProgress, secondsLeft, picturesPerSecond } of events) {
      const label = STAGE_LABELS[stage];
      const pace = picturesPerSecond === null ? undefined : `${picturesPerSecond.toFixed(1)} pictures/s`;
      progress.update(label, stageProgress, 1, { secondsLeft, pace });
    }
  } finally {
    progress.stop();
    await stopListening();
  }
  return modelOf(app, runId);
}

/** The model of a run that has ended. @throws GelqlError as waitForRun does */
async function modelOf(app: App, runId: string): Promise<ModelRow> {
  const run = await findRun(app.database, runId);
  if (run === null) throw new GelqlError('NOT_FOUND', `The run ${runId} is gone.`);
  switch (run.state) {
    case 'SUCCEEDED': {
      const [model] = await findModelsOfRuns(app.database, [runId]);
      if (model == null) throw new Error(`Run ${runId} succeeded without a model.`);
      return model;
    }
    case 'FAILED':
      throw deserializeError(run.error ?? { code: 'INTERNAL', message: 'The run failed.', facts: {} });
    case 'CANCELLED':
      throw new GelqlError('CANCELLED', `The run ${run.name} was cancelled.`);
    case 'QUEUED':
    case 'RUNNING':
      throw new GelqlError('CANCELLED', 'The run was there before and goes on.');
  }
}

async function cancelUnlessEnded(app: App, runId: string): Promise<void> {
  try {
    await cancelTraining(app, runId);
  } catch (error) {
    if (!(error instanceof GelqlError && error.code === 'RUN_NOT_CANCELLABLE')) throw error;
  }
}
