import { and, desc, eq, inArray, isNull, ne, or, sql } from 'drizzle-orm';
import type { EngineName } from '../words/device.js';
import type { DatabaseScope } from '../db/client.js';
import { trainingRuns, workers } from '../db/schema.js';
import type { TrainingRunRow } from './run-events.js';

/** What a run must be for a request to take it instead of a new one. */
export interface ReuseConditions {
  fingerprint: string;
  /** Undefined: whatever it is called. */
  name: string | undefined;
  /** Code version of the worker that trained it. */
  codeVersion: string;
  /** With which a new run's head could be trained now. */
  engines: readonly EngineName[];
  /** What computes the features beside a certain head engine; for other head engines anything may. */
  features: { beside: EngineName; engine: EngineName } | null;
}

/**
 * The run that gave, gives or will give what a request asks for; a finished one first, then the newest. What it is computed
 * with counts as soon as its row says so.
 */
export async function findReusableRun(
  scope: DatabaseScope,
  { fingerprint, name, codeVersion, engines, features }: ReuseConditions,
): Promise<TrainingRunRow | null> {
  const { state, engine, featureEngine, createdAt, id } = trainingRuns;
  const isSameFeatures =
    features === null
      ? undefined
      : or(ne(engine, features.beside), isNull(featureEngine), eq(featureEngine, features.engine));
  const isComputedAlike = and(
    or(isNull(workers.codeVersion), eq(workers.codeVersion, codeVersion)),
    or(isNull(engine), and(inArray(engine, [...engines]), isSameFeatures)),
  );
  const [found] = await scope.drizzle
    .select({ run: trainingRuns })
    .from(trainingRuns)
    .leftJoin(workers, eq(workers.id, trainingRuns.workerId))
    .where(
      and(
        eq(trainingRuns.fingerprint, fingerprint),
        name === undefined ? undefined : eq(trainingRuns.name, name),
        or(eq(state, 'QUEUED'), and(inArray(state, ['RUNNING', 'SUCCEEDED']), isComputedAlike)),
      ),
    )
    .orderBy(desc(sql`${state} = 'SUCCEEDED'`), desc(createdAt), desc(id))
    .limit(1);
  return found?.run ?? null;
}

/**
 * Lets one transaction at a time look for runs and add those that are missing; until its end. One lock for all
 * fingerprints: sweeps that share some of their parts would wait for each other's.
 */
export async function lockRequests(scope: DatabaseScope): Promise<void> {
  await scope.drizzle.execute(
    sql`select pg_advisory_xact_lock(hashtextextended('gelql training requests', 0))`,
  );
}
