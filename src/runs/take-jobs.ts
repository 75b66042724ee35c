import type PgBoss from 'pg-boss';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';

const POLL_MS = 500;
/** After a statement that failed: a database that is away needs no more than this. */
const POLL_AFTER_FAILURE_MS = 4_000;

/**
 * The queue whose first job has waited longest. Nothing is taken yet: another worker may be faster, and then the job
 * behind it is taken, or none. Each queue is a partition with an index of its waiting jobs.
 */
export const LONGEST_WAITING = `
  select name from pgboss.job
  where name = any($1::text[]) and state < 'active' and start_after < now()
  order by created_on, id limit 1`;

/**
 * Takes the jobs of `queues` one after another, in the order in which they came to any of them, until `signal` is
 * aborted; `handle` is waited for. pg-boss's own workers each serve one queue, so they could share neither an order nor
 * a place.
 */
export async function takeJobs<T extends object>(
  { boss, database, logger }: { boss: PgBoss; database: Database; logger: Logger },
  queues: readonly string[],
  handle: (data: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const takeOne = async (): Promise<boolean> => {
    const { rows } = await database.executeSql(LONGEST_WAITING, [queues]);
    const [next] = rows;
    if (next === undefined) return false;
    const name = String(next.name);
    const [job] = await boss.fetch<T>(name, { batchSize: 1 });
    if (job === undefined) return false;
    // Taken while this process stops: it goes back, for another.
    if (signal.aborted) await boss.send(name, job.data);
    else await handle(job.data);
    await boss.complete(name, job.id);
    return true;
  };
  while (!signal.aborted) {
    let pauseMs = POLL_MS;
    try {
      if (await takeOne()) continue;
    } catch (error) {
      logger.warn({ err: error, queues }, 'taking a job failed');
      pauseMs = POLL_AFTER_FAILURE_MS;
    }
    // Rejects when it is cut short.
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
