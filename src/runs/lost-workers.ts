import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import { unlockJobs } from './job-places.js';
import { loseRuns } from './training-runs.js';
import { nameJobPlaces, strikeSilentWorkers } from './workers.js';

/**
 * Takes silent workers off the list and gives back what they had, in one transaction: their runs are queued again, or
 * fail after the last attempt, and their jobs can be taken by others. Of processes that look at once, one finds a worker.
 */
export async function releaseLostWorkers(
  database: Database,
  maxAttempts: number,
  logger: Logger,
): Promise<void> {
  await database.transaction(async (scope) => {
    const silent = await strikeSilentWorkers(scope);
    if (silent.length === 0) return;
    const workerIds = silent.map(({ id }) => id);
    for (const { id, attempt, state } of await loseRuns(scope, { workerIds }, maxAttempts)) {
      logger.warn({ runId: id, attempt, state }, 'run lost its worker');
    }
    await unlockJobs(
      scope,
      silent.flatMap(nameJobPlaces).map(({ name }) => name),
    );
  });
}
