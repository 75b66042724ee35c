import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import type { EndedRun, Outcome } from './check-outcome.js';

export interface ProofDatabase {
  url: string;
  now(): Promise<Date>;
  /** For people: how many runs are in each state. */
  progress(): Promise<string>;
  allEnded(): Promise<boolean>;
  /** Ids of registered models. */
  listModels(): Promise<string[]>;
  /** Runs that the worker process of that id executes. */
  listRunsOf(pid: number): Promise<string[]>;
  stillRunning(runIds: readonly string[]): Promise<string[]>;
  /** @param deaths runs that lost their worker, and when @param seen models that were registered before some kill */
  readOutcome(deaths: readonly { runId: string; at: Date }[], seen: ReadonlySet<string>): Promise<Outcome>;
  drop(): Promise<void>;
}

/** An empty database on the test server, removed by `drop`. */
export async function openProofDatabase(): Promise<ProofDatabase> {
  const serverUrl = process.env.GELQL_TEST_DATABASE_URL;
  if (serverUrl === undefined)
    throw new Error('Run it through: bash scripts/with-postgres.sh npm run prove:queue');
  const name = `gelql_proof_${randomBytes(6).toString('hex')}`;
  const server = postgres(serverUrl, { max: 1 });
  await server.unsafe(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const sql = postgres(url.href, { max: 1, onnotice: () => undefined });

  return {
    url: url.href,
    now: async () => (await sql<{ now: Date }[]>`select clock_timestamp() as now`)[0]?.now ?? new Date(),
    async progress() {
      const rows = await sql<{ state: string; count: string }[]>`
        select state, count(*) as count from training_runs group by state order by state`;
      return rows.map(({ state, count }) => `${state.toLowerCase()} ${count}`).join(', ');
    },
    async allEnded() {
      const rows = await sql`select 1 from training_runs where state in ('QUEUED', 'RUNNING') limit 1`;
      return rows.length === 0;
    },
    listModels: async () => (await sql<{ id: string }[]>`select id from models`).map(({ id }) => id),
    async listRunsOf(pid) {
      const rows = await sql<{ id: string }[]>`
        select run.id from training_runs run join workers worker on worker.id = run.worker_id
        where run.state = 'RUNNING' and worker.name like ${`% ${pid}`}`;
      return rows.map(({ id }) => id);
    },
    async stillRunning(runIds) {
      if (runIds.length === 0) return [];
      const rows = await sql<{ id: string }[]>`
        select id from training_runs where state = 'RUNNING' and id in ${sql([...runIds])}`;
      return rows.map(({ id }) => id);
    },
    async readOutcome(deaths, seen) {
      const runs = await sql<EndedRun[]>`
        select substring(run.name from 7)::integer as number, run.state, run.attempt,
          (select count(*)::integer from run_events event where event.run_id = run.id and event.kind = 'STATE'
            and event.body->>'state' in ('SUCCEEDED', 'FAILED', 'CANCELLED')) as ends,
          (select count(*)::integer from models model where model.run_id = run.id) as models,
          (select count(*)::integer from results result join models model on model.id = result.model_id
            where model.run_id = run.id) as results,
          (select max(model.head_sha256) from models model where model.run_id = run.id) as "headSha256",
          run.last_sequence as "lastSequence",
          (select count(*)::integer from run_events event where event.run_id = run.id) as events
        from training_runs run order by number`;
      const kept = new Set((await sql<{ id: string }[]>`select id from models`).map(({ id }) => id));
      let longestWaitMs = 0;
      for (const { runId, at } of deaths) {
        const [next] = await sql<{ at: Date }[]>`
          select created_at as at from run_events where run_id = ${runId} and kind = 'STATE'
            and body->>'state' = 'QUEUED' and created_at > ${at} order by sequence limit 1`;
        longestWaitMs = Math.max(longestWaitMs, (next?.at.getTime() ?? Infinity) - at.getTime());
      }
      return {
        runs: [...runs],
        lostModels: [...seen].filter((id) => !kept.has(id)).length,
        longestWaitMs,
      };
    },
    async drop() {
      await sql.end();
      await server.unsafe(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}
