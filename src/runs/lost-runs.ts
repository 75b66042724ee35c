import type { Database, DatabaseScope } from '../db/client.js';
import type { Logger } from '../logger.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import { requeueOrphans, type QueuedRun } from './training-runs.js';
import { SILENT_AFTER_MS } from './workers.js';

/** One process at a time looks: the others would find the same. */
const LOOKING_LOCK = 'gelql lost runs';
const TAKE_TURN = 'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as is_mine';
const QUEUED_WITHOUT_JOB = `
  select id, configuration from training_runs run
  where state = 'QUEUED' and not exists (
    select 1 from pgboss.job where job.state = 'created' and job.data->>'runId' = run.id::text
  )`;

/** Gives runs whose worker is gone, and queued ones whose job is spent, a new job; all in one transaction. */
export async function requeueLostRuns(
  database: Database,
  options: {
    /** Runs that this process executes: it is there, even if it was too busy to beat. */
    alive: readonly string[];
    maxAttempts: number;
    enqueue: (scope: DatabaseScope, run: QueuedRun) => Promise<void>;
    logger: Logger;
  },
): Promise<void> {
  const { alive, maxAttempts, enqueue, logger } = options;
  await database.transaction(async (scope) => {
    if (!(await takeTurn(scope))) return;
    const lost = await requeueOrphans(scope, { silentMs: SILENT_AFTER_MS, alive, maxAttempts });
    for (const { id, attempt, state } of lost) {
      logger.warn({ runId: id, attempt, state }, 'run lost its worker');
    }
    // Those that were just queued again are among them.
    const { rows } = await scope.executeSql(QUEUED_WITHOUT_JOB);
    for (const { id, configuration } of rows) {
      await enqueue(scope, { id: String(id), configuration: configuration as TrainingConfiguration });
    }
  });
}

async function takeTurn(scope: DatabaseScope): Promise<boolean> {
  const { rows } = await scope.executeSql(TAKE_TURN, [LOOKING_LOCK]);
  return rows[0]?.is_mine === true;
}
