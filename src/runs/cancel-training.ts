import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { RUN_CANCELLED_CHANNEL } from '../words/run-event.js';
import type { RunQueue } from './run-queue.js';
import { cancelRun, findRun, type TrainingRunRow } from './training-runs.js';

/**
 * Stops a run wherever it is: a queued one never starts, a running one stops at its next batch. A notification reaches
 * the process that has it; where the notification is lost, its next heartbeat tells it.
 * @throws GelqlError NOT_FOUND; RUN_NOT_CANCELLABLE when it has ended already
 */
export async function cancelTraining(
  { database, queue }: { database: Database; queue: RunQueue },
  runId: string,
): Promise<TrainingRunRow> {
  const run = await findRun(database, runId);
  if (run === null) throw new GelqlError('NOT_FOUND', `There is no training run "${runId}".`);
  const cancelled = await database.transaction(async (scope) => {
    await scope.notify(RUN_CANCELLED_CHANNEL, run.id);
    return cancelRun(scope, run.id);
  });
  queue.abort(run.id);
  return cancelled;
}
