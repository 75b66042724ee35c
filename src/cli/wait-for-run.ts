import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app.js';
import { GelqlError } from '../errors.js';
import { findModelsOfRuns, type ModelRow } from '../registry/models.js';
import { cancelTraining } from '../training/cancel-training.js';
import { findRun, type TrainingRunRow } from '../training/training-runs.js';
import type { Progress } from './progress.js';

const POLL_MS = 150;

const STAGE_LABELS: Record<TrainingRunRow['stage'], string> = {
  WAITING: 'waiting for a worker',
  DECODING: 'decoding pictures',
  EXTRACTING_FEATURES: 'computing features',
  TRAINING_HEAD: 'training the head',
  EVALUATING: 'evaluating',
  DONE: 'done',
};

/**
 * Follows a run through its rows, so it works wherever the run is executed.
 * @param options.signal cancels the run, or where it `isShared` with whoever asked for it first, only the waiting
 * @throws GelqlError the stored error of a failed run, CANCELLED
 */
export async function waitForRun(
  app: App,
  runId: string,
  progress: Progress,
  { signal, isShared = false }: { signal?: AbortSignal; isShared?: boolean } = {},
): Promise<ModelRow> {
  try {
    for (;;) {
      if (signal?.aborted === true) {
        if (isShared) throw new GelqlError('CANCELLED', 'The run was there before and goes on.');
        await cancelUnlessEnded(app, runId);
      }
      const run = await findRun(app.database, runId);
      if (run === null) throw new GelqlError('NOT_FOUND', `The run ${runId} is gone.`);
      switch (run.state) {
        case 'SUCCEEDED': {
          const [model] = await findModelsOfRuns(app.database, [runId]);
          if (model == null) throw new Error(`Run ${runId} succeeded without a model.`);
          return model;
        }
        case 'FAILED':
          throw new GelqlError(run.error?.code ?? 'INTERNAL', run.error?.message ?? 'The run failed.', {
            facts: run.error?.facts ?? {},
          });
        case 'CANCELLED':
          throw new GelqlError('CANCELLED', `The run ${run.name} was cancelled.`);
        case 'QUEUED':
        case 'RUNNING':
          progress.update(STAGE_LABELS[run.stage], run.stageProgress, 1);
      }
      await delay(POLL_MS);
    }
  } finally {
    progress.stop();
  }
}

async function cancelUnlessEnded(app: App, runId: string): Promise<void> {
  try {
    await cancelTraining(app, runId);
  } catch (error) {
    if (!(error instanceof GelqlError && error.code === 'RUN_NOT_CANCELLABLE')) throw error;
  }
}
