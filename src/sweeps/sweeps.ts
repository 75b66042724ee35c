import { asc, count, eq, inArray, sql } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { isId, newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { sweepParts, sweeps, trainingRuns } from '../db/schema.js';
import type { TrainingRunRow } from '../runs/run-events.js';
import type { RunState } from '../words/run-state.js';
import type { SweepRequest } from '../words/sweep-request.js';

export type SweepRow = typeof sweeps.$inferSelect;
export type SweepPartRow = typeof sweepParts.$inferSelect;

/** Parts in one statement; PostgreSQL takes 65535 values at most. */
const PARTS_PER_INSERT = 500;

export interface PartRun {
  part: SweepPartRow;
  run: TrainingRunRow;
}

/** How many parts of a sweep are in which state. */
export type SweepCounts = Record<'total' | 'reused' | 'refused' | Lowercase<RunState>, number>;

/** Stores a sweep without its parts. @param sweep.name made from the id where absent */
export async function insertSweep(
  scope: DatabaseScope,
  sweep: { datasetId: string; request: SweepRequest; name: string | undefined },
): Promise<SweepRow> {
  const id = newId();
  const [row] = await scope.drizzle
    .insert(sweeps)
    .values({ id, ...sweep, name: sweep.name ?? `sweep-${id.slice(-6)}` })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}

/** Stores parts; one that is there already gets the new run or refusal. */
export async function putParts(scope: DatabaseScope, parts: readonly SweepPartRow[]): Promise<void> {
  for (let start = 0; start < parts.length; start += PARTS_PER_INSERT) {
    await scope.drizzle
      .insert(sweepParts)
      .values(parts.slice(start, start + PARTS_PER_INSERT))
      .onConflictDoUpdate({
        target: [sweepParts.sweepId, sweepParts.number],
        set: {
          runId: sql`excluded.run_id`,
          isReused: sql`excluded.is_reused`,
          refusal: sql`excluded.refusal`,
        },
      });
  }
}

/** @param reference id or name */
export async function findSweep(scope: DatabaseScope, reference: string): Promise<SweepRow | null> {
  const [row] = await scope.drizzle
    .select()
    .from(sweeps)
    .where(isId(reference) ? eq(sweeps.id, reference) : eq(sweeps.name, reference));
  return row ?? null;
}

/** Newest first. */
export async function pageSweeps(scope: DatabaseScope, page: PageRequest): Promise<Page<SweepRow>> {
  return pageNewest(scope, sweeps, page);
}

/** Parts of several sweeps in one statement, by number. */
export async function listParts(scope: DatabaseScope, sweepIds: readonly string[]): Promise<SweepPartRow[]> {
  return scope.drizzle
    .select()
    .from(sweepParts)
    .where(inArray(sweepParts.sweepId, [...sweepIds]))
    .orderBy(asc(sweepParts.sweepId), asc(sweepParts.number));
}

/** The parts of a sweep that have a run, with it, by number. */
export async function listPartRuns(scope: DatabaseScope, sweepId: string): Promise<PartRun[]> {
  return scope.drizzle
    .select({ part: sweepParts, run: trainingRuns })
    .from(sweepParts)
    .innerJoin(trainingRuns, eq(trainingRuns.id, sweepParts.runId))
    .where(eq(sweepParts.sweepId, sweepId))
    .orderBy(asc(sweepParts.number));
}

/** Counts of each sweep, in one statement. */
export async function countParts(scope: DatabaseScope, sweepIds: readonly string[]): Promise<SweepCounts[]> {
  const rows = await scope.drizzle
    .select({
      sweepId: sweepParts.sweepId,
      state: trainingRuns.state,
      parts: count(),
      reused: sql<number>`count(*) filter (where ${sweepParts.isReused})::integer`,
    })
    .from(sweepParts)
    .leftJoin(trainingRuns, eq(trainingRuns.id, sweepParts.runId))
    .where(inArray(sweepParts.sweepId, [...sweepIds]))
    .groupBy(sweepParts.sweepId, trainingRuns.state);
  return sweepIds.map((id) => {
    const own = rows.filter(({ sweepId }) => sweepId === id);
    const partsIn = (state: RunState | null) => own.find((row) => row.state === state)?.parts ?? 0;
    return {
      total: own.reduce((sum, { parts }) => sum + parts, 0),
      queued: partsIn('QUEUED'),
      running: partsIn('RUNNING'),
      succeeded: partsIn('SUCCEEDED'),
      failed: partsIn('FAILED'),
      cancelled: partsIn('CANCELLED'),
      refused: partsIn(null),
      reused: own.reduce((sum, { reused }) => sum + reused, 0),
    };
  });
}
