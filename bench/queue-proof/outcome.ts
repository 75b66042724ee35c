import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.js';
import { epochs, models, results, runEvents, trainingRuns, workers } from '../../src/db/schema.js';

/** A run that a kill took from its worker, or whose job it took between the queue and the row. */
export interface Loss {
  runId: string;
  /** By the database's clock, just before the kill. */
  diedAtMs: number;
}

/** A run as the database has it at the end. */
export interface EndedRun {
  name: string;
  state: string;
  attempt: number;
  /** Times that a worker began with it; more than `attempt` where one gave it back in good order. */
  begins: number;
  /** Events that say that it has ended. */
  ends: number;
  hasAllEvents: boolean;
  hasAllEpochs: boolean;
  /** One for each model. */
  heads: string[];
  resultCount: number;
}

export interface Outcome {
  runs: EndedRun[];
  /** Id and head of every registered model. */
  models: Map<string, string>;
  /** From the death of its worker until the queue had a run again, for each loss; Infinity where it never had. */
  waitsMs: number[];
}

const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
const QUEUED_WITHOUT_JOB = `
  select id from training_runs run where state = 'QUEUED' and not exists (
    select 1 from pgboss.job where job.state = 'created' and job.data->>'runId' = run.id::text
  )`;
const NEXT_JOB = `
  select min(extract(epoch from created_on) * 1000)::float8 as created_ms from pgboss.job
  where data->>'runId' = $1 and extract(epoch from created_on) * 1000 > $2`;

export async function readOutcome(database: Database, losses: readonly Loss[]): Promise<Outcome> {
  const { drizzle } = database;
  const runs = await drizzle.select().from(trainingRuns).orderBy(asc(trainingRuns.id));
  const events = await drizzle.select().from(runEvents).orderBy(asc(runEvents.sequence));
  const allEpochs = await drizzle.select().from(epochs).orderBy(asc(epochs.number));
  const allModels = await drizzle.select().from(models);
  const allResults = await drizzle.select().from(results);
  const ended = runs.map((run): EndedRun => {
    const story = events.filter(({ runId }) => runId === run.id);
    const states = story.flatMap(({ body }) => (body.kind === 'STATE' ? [body.state] : []));
    const numbers = allEpochs.filter(({ runId }) => runId === run.id).map(({ number }) => number);
    const own = allModels.filter(({ runId }) => runId === run.id);
    return {
      name: run.name,
      state: run.state,
      attempt: run.attempt,
      begins: states.filter((state) => state === 'RUNNING').length,
      ends: states.filter((state) => ENDED.some((end) => end === state)).length,
      hasAllEvents: story.length === run.lastSequence && isCounted(story.map(({ sequence }) => sequence)),
      hasAllEpochs: numbers.length === run.configuration.epochs && isCounted(numbers),
      heads: own.map(({ headSha256 }) => headSha256),
      resultCount: allResults.filter(({ modelId }) => own.some(({ id }) => id === modelId)).length,
    };
  });
  const waitsMs: number[] = [];
  for (const { runId, diedAtMs } of losses) {
    const next = events.find(
      (event) => event.runId === runId && event.kind === 'STATE' && event.createdAt.getTime() > diedAtMs,
    );
    const nextJobMs = await findNextJobMs(database, runId, diedAtMs);
    waitsMs.push(Math.min(next?.createdAt.getTime() ?? Infinity, nextJobMs) - diedAtMs);
  }
  return { runs: ended, models: new Map(allModels.map(({ id, headSha256 }) => [id, headSha256])), waitsMs };
}

export async function readModels({ drizzle }: Database): Promise<Map<string, string>> {
  const rows = await drizzle.select({ id: models.id, head: models.headSha256 }).from(models);
  return new Map(rows.map(({ id, head }) => [id, head]));
}

/** To be asked when the process of that id is dead: what it had is lost then, and nobody else has it yet. */
export async function listLosses(
  database: Database,
  pid: number,
  diedAtMs: number,
): Promise<{ running: Loss[]; taken: Loss[] }> {
  const running = await database.drizzle
    .select({ runId: trainingRuns.id })
    .from(trainingRuns)
    .innerJoin(workers, eq(workers.id, trainingRuns.workerId))
    .where(sql`${trainingRuns.state} = 'RUNNING' and ${workers.name} like ${`% ${pid}`}`);
  const { rows } = await database.executeSql(QUEUED_WITHOUT_JOB);
  const lossOf = (runId: string): Loss => ({ runId, diedAtMs });
  return {
    running: running.map(({ runId }) => lossOf(runId)),
    taken: rows.map(({ id }) => lossOf(String(id))),
  };
}

export async function countEnded({ drizzle }: Database): Promise<number> {
  return drizzle.$count(trainingRuns, inArray(trainingRuns.state, [...ENDED]));
}

export async function databaseClockMs(database: Database): Promise<number> {
  const { rows } = await database.executeSql(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms',
  );
  return Number(rows[0]?.now_ms);
}

async function findNextJobMs(database: Database, runId: string, afterMs: number): Promise<number> {
  const { rows } = await database.executeSql(NEXT_JOB, [runId, afterMs]);
  const createdMs = rows[0]?.created_ms;
  return typeof createdMs === 'number' ? createdMs : Infinity;
}

/** 1, 2, 3 and so on. */
function isCounted(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number === index + 1);
}
