import { asc, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../src/db/client.js';
import { epochs, models, results, runEvents, trainingRuns, workers } from '../../src/db/schema.js';

/** A run that a kill took from its worker, or whose job it took between the queue and the row. */
export interface Loss {
  runId: string;
  workerId: string;
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
  /** What computed its features and trained its head: other engines make another head. */
  engines: string;
  /** One for each model. */
  heads: string[];
  resultCount: number;
}

export interface Outcome {
  runs: EndedRun[];
  /** Id and head of every registered model. */
  models: Map<string, string>;
  /** From the death of its worker until others could take a run, for each loss; Infinity where they never could. */
  waitsMs: number[];
}

const ENDED = ['SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
/** Jobs that a worker had locked without having begun with their runs, by the name of its process. */
const TAKEN = `
  select run.id, worker.id as worker_id from workers worker
  join graphile_worker.jobs job on job.locked_by like worker.id || ' %'
  join training_runs run on run.id::text = job.key
  where worker.name like $1 and run.state = 'QUEUED'`;

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
      engines: `${run.featureEngine}, ${run.engine}`,
      heads: own.map(({ headSha256 }) => headSha256),
      resultCount: allResults.filter(({ modelId }) => own.some(({ id }) => id === modelId)).length,
    };
  });
  const struckOff = new Map(
    (await drizzle.select().from(workers)).map(({ id, stoppedAt }) => [id, stoppedAt]),
  );
  const waitsMs = losses.map(
    ({ workerId, diedAtMs }) => (struckOff.get(workerId)?.getTime() ?? Infinity) - diedAtMs,
  );
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
  const name = `% ${pid}`;
  const running = await database.drizzle
    .select({ runId: trainingRuns.id, workerId: workers.id })
    .from(trainingRuns)
    .innerJoin(workers, eq(workers.id, trainingRuns.workerId))
    .where(sql`${trainingRuns.state} = 'RUNNING' and ${workers.name} like ${name}`);
  const { rows } = await database.executeSql(TAKEN, [name]);
  return {
    running: running.map((loss) => ({ ...loss, diedAtMs })),
    taken: rows.map((row) => ({ runId: String(row.id), workerId: String(row.worker_id), diedAtMs })),
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

/** 1, 2, 3 and so on. */
function isCounted(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number === index + 1);
}
