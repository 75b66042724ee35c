import { and, asc, eq, exists, gt, isNull, lte, or, sql } from 'drizzle-orm';
import { hostname } from 'node:os';
import type { Device, EngineName } from '../words/device.js';
import type { DatabaseScope } from '../db/client.js';
import { newId } from '../db/new-id.js';
import { trainingRuns, workers } from '../db/schema.js';
import type { RunNeeds } from './run-needs.js';

export type WorkerRow = typeof workers.$inferSelect;

/** A process that has been silent for this long, four beats, is gone: it is no worker any more and has no runs. */
export const SILENT_AFTER_MS = 20_000;
/** By the database's clock. */
const silentSince = sql`now() - ${SILENT_AFTER_MS}::float8 * interval '1 millisecond'`;

/** Enters this process as a worker; it stays one while it beats. */
export async function registerWorker(
  scope: DatabaseScope,
  worker: Pick<WorkerRow, 'devices' | 'concurrency' | 'engines' | 'networkEngines' | 'codeVersion'>,
): Promise<WorkerRow> {
  const [row] = await scope.drizzle
    .insert(workers)
    .values({ id: newId(), name: `${hostname()} ${process.pid}`, ...worker })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}

/** Also brings back a worker that was struck off the list while it was silent. */
export async function beatWorker(scope: DatabaseScope, id: string): Promise<void> {
  await scope.drizzle
    .update(workers)
    .set({ heartbeatAt: sql`now()`, stoppedAt: null })
    .where(eq(workers.id, id));
}

export async function stopWorker(scope: DatabaseScope, id: string): Promise<void> {
  await scope.drizzle
    .update(workers)
    .set({ stoppedAt: sql`now()` })
    .where(eq(workers.id, id));
}

/**
 * Takes workers off the list that have been silent for too long, also one that has, since it was struck off, begun with a
 * run before it fell silent again.
 * @returns those that it took off
 */
export async function strikeSilentWorkers(scope: DatabaseScope): Promise<WorkerRow[]> {
  const { drizzle } = scope;
  const isTheirs = and(eq(trainingRuns.workerId, workers.id), eq(trainingRuns.state, 'RUNNING'));
  const hasRun = exists(drizzle.select().from(trainingRuns).where(isTheirs));
  return drizzle
    .update(workers)
    .set({ stoppedAt: sql`now()` })
    .where(and(lte(workers.heartbeatAt, silentSince), or(isNull(workers.stoppedAt), hasRun)))
    .returning();
}

/** The names under which a worker locks jobs, one for each run that it executes at once. */
export function nameJobPlaces({
  id,
  devices,
  concurrency,
}: Pick<WorkerRow, 'id' | 'devices' | 'concurrency'>): { device: Device; name: string }[] {
  return devices.flatMap((device) =>
    Array.from({ length: concurrency }, (_, place) => ({ device, name: `${id} ${device} ${place + 1}` })),
  );
}

/** Those that take runs now, oldest first. */
export async function listLiveWorkers(scope: DatabaseScope): Promise<WorkerRow[]> {
  const isLive = and(isNull(workers.stoppedAt), gt(workers.heartbeatAt, silentSince));
  return scope.drizzle.select().from(workers).where(isLive).orderBy(asc(workers.startedAt), asc(workers.id));
}

/** Live workers that take runs with such needs. */
export async function listWorkersOf(scope: DatabaseScope, needs: RunNeeds): Promise<WorkerRow[]> {
  return (await listLiveWorkers(scope)).filter((worker) => engineFor(worker, needs) !== undefined);
}

/** What a worker trains runs with such needs on; undefined where it leaves them to others. */
export function engineFor(
  { engines, networkEngines }: Pick<WorkerRow, 'engines' | 'networkEngines'>,
  { device, inside }: RunNeeds,
): EngineName | undefined {
  return (inside ? networkEngines : engines)[device];
}
