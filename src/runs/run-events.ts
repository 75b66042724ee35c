import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm';
import type { WithSubqueryWithSelection } from 'drizzle-orm/pg-core';
import type { DatabaseScope } from '../db/client.js';
import { isId } from '../db/new-id.js';
import { runEvents, trainingRuns } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import { RUN_EVENTS_CHANNEL, type RunEventBody } from '../words/run-event.js';

export type TrainingRunRow = typeof trainingRuns.$inferSelect;
export type RunEventRow = typeof runEvents.$inferSelect;

/**
 * One attempt at a run, as startRun hands it out. Whoever works on a run names it in every step: a worker that was only
 * thought dead and comes back finds the next attempt in its place and can neither write into it nor end it.
 */
export type RunClaim = Pick<TrainingRunRow, 'id' | 'attempt'>;

type ChangedRuns = WithSubqueryWithSelection<typeof trainingRuns._.columns, 'changed'>;

/**
 * Changes the runs that `where` names and stores what that means to those who watch, in one statement: the row hands out
 * the sequence numbers and stays locked until both are committed.
 * @param events the same for every run
 * @returns the changed rows
 */
export async function changeRuns(
  scope: DatabaseScope,
  where: SQL | undefined,
  change: Partial<{ [K in keyof TrainingRunRow]: TrainingRunRow[K] | SQL }>,
  events: readonly RunEventBody[],
): Promise<TrainingRunRow[]> {
  const { drizzle } = scope;
  const lastSequence = sql`${trainingRuns.lastSequence} + ${events.length}::integer`;
  const changed = drizzle.$with('changed').as(
    drizzle
      .update(trainingRuns)
      .set({ ...change, lastSequence })
      .where(where)
      .returning(),
  );
  return storeEvents(scope, changed, events);
}

/** Adds a run with its first events, in one statement. */
export async function addRun(
  scope: DatabaseScope,
  values: typeof trainingRuns.$inferInsert,
  events: readonly RunEventBody[],
): Promise<TrainingRunRow> {
  const { drizzle } = scope;
  const row = { ...values, lastSequence: events.length };
  const added = drizzle.$with('changed').as(drizzle.insert(trainingRuns).values(row).returning());
  const [run] = await storeEvents(scope, added, events);
  if (run === undefined) throw new Error('The database returned no row for what it stored.');
  return run;
}

/**
 * Stores events of a run under its next sequence numbers, in the caller's transaction where `scope` is one, and announces
 * the newest on RUN_EVENTS_CHANNEL when it commits. Until then the run's row is locked: events become visible in order
 * and without gaps.
 * @throws GelqlError CANCELLED where another attempt has taken the run's place
 */
export async function appendRunEvents(
  scope: DatabaseScope,
  { id, attempt }: RunClaim,
  events: readonly RunEventBody[],
): Promise<void> {
  const isClaimed = and(eq(trainingRuns.id, id), eq(trainingRuns.attempt, attempt));
  const changed = await changeRuns(scope, isClaimed, {}, events);
  if (changed.length === 0) {
    throw new GelqlError('CANCELLED', `Attempt ${attempt} of the run ${id} is not running any more.`);
  }
}

/** Events of a run after the sequence number `after` (0: from the first), in order, `limit` at most. */
export async function listRunEvents(
  scope: DatabaseScope,
  runId: string,
  { after, limit }: { after: number; limit: number },
): Promise<RunEventRow[]> {
  if (!isId(runId)) return [];
  return scope.drizzle
    .select()
    .from(runEvents)
    .where(and(eq(runEvents.runId, runId), gt(runEvents.sequence, after)))
    .orderBy(asc(runEvents.sequence))
    .limit(limit);
}

/** @param changed the rows whose `lastSequence` counts `events` already */
async function storeEvents(
  { drizzle }: DatabaseScope,
  changed: ChangedRuns,
  events: readonly RunEventBody[],
): Promise<TrainingRunRow[]> {
  const stored = drizzle.$with('stored', {}).as(sql`
    insert into ${runEvents} (run_id, sequence, attempt, kind, body)
    select changed.id, changed.last_sequence - ${events.length}::integer + event.place, changed.attempt,
      event.body ->> 'kind', event.body
    from changed cross join jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality as event (body, place)`);
  // Void counts as a value: the condition holds for every row and sends as it is asked.
  const isAnnounced = sql`pg_notify(${RUN_EVENTS_CHANNEL}, changed.id || ' ' || changed.last_sequence) is not null`;
  return drizzle.with(changed, stored).select().from(changed).where(isAnnounced);
}
