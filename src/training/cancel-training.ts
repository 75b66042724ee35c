import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { RunQueue } from './run-queue.js';
import { cancelRun, findRun, type TrainingRunRow } from './training-runs.js';

/**
 * Stops a run wherever it is: a queued one never starts, a running one stops at its next batch, at the latest with its
 * next heartbeat where another process has it.
 * @throws GelqlError NOT_FOUND; RUN_NOT_CANCELLABLE when it has ended already
 */
export async function cancelTraining(
  { database, queue }: { database: Database; queue: RunQueue },
  runId: string,
): Promise<TrainingRunRow> {
  const run = await findRun(database, runId);
  if (run === null) throw new GelqlError('NOT_FOUND', `There is no training run "${runId}".`);
  const cancelled = await cancelRun(database, run.id);
  queue.abort(run.id);
  return cancelled;
}
