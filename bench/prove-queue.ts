/**
 * `npm run prove:queue -- [--kills 50] [--runs 24] [--workers 3] [--seed 1]`: kills workers and the server at random
 * points (SIGKILL, whole processes, real PostgreSQL) until the kills are spent, restarts each, and checks that every run
 * ended exactly once with the very head that an undisturbed run gives. Needs GELQL_TEST_DATABASE_URL
 * (scripts/with-postgres.sh) and the built program. Exit code 1 where a check fails.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/random.js';
import { checkOutcome, type Outcome } from './prove-queue/check-outcome.js';
import { openProofDatabase, type ProofDatabase } from './prove-queue/proof-database.js';
import { startProcess, type GelqlProcess } from './prove-queue/gelql-process.js';
import { configurations, importDemo, queueRuns } from './prove-queue/queue-runs.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    runs: { type: 'string', default: '24' },
    workers: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
});
const [kills, runCount, workerCount, seed] = [values.kills, values.runs, values.workers, values.seed].map(
  Number,
) as [number, number, number, number];
/** From one kill to the next: long enough that some attempts get through, short enough that most do not. */
const PAUSE_MS = { least: 1_000, most: 6_000 };
const END_TIMEOUT_MS = 600_000;

const undisturbed = await trainUndisturbed();
const { outcome, killed } = await trainUnderFire();
const problems = checkOutcome(undisturbed, outcome);

console.log(
  [
    `runs ${outcome.runs.length}, SIGKILLs ${killed.worker + killed.server} (workers ${killed.worker}, server ${killed.server}), seed ${seed}`,
    `runs that lost a worker ${outcome.runs.filter(({ attempt }) => attempt > 1).length}, attempts in all ${outcome.runs.reduce((sum, { attempt }) => sum + attempt, 0)}`,
    `ended exactly once ${outcome.runs.filter(({ ends }) => ends === 1).length}, succeeded ${outcome.runs.filter(({ state }) => state === 'SUCCEEDED').length}`,
    `heads equal to the undisturbed ones ${outcome.runs.filter(({ number, headSha256 }) => undisturbed.runs[number]?.headSha256 === headSha256).length}`,
    `registered models lost ${outcome.lostModels}`,
    `longest wait from a worker's death until its run was queued again ${(outcome.longestWaitMs / 1000).toFixed(1)} s`,
  ].join('\n'),
);
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function trainUndisturbed(): Promise<Outcome> {
  const database = await openProofDatabase();
  const processes = [await startProcess('serve', database.url)];
  try {
    await importDemo(database.url);
    processes.push(await startProcess('worker', database.url));
    await queueRuns(processes[0] as GelqlProcess, configurations(runCount));
    await untilEnded(database);
    return await database.readOutcome([], new Set());
  } finally {
    await Promise.all(processes.map((process) => process.kill()));
    await database.drop();
  }
}

async function trainUnderFire(): Promise<{ outcome: Outcome; killed: { worker: number; server: number } }> {
  const database = await openProofDatabase();
  const random = createRandom(seed, 'kills');
  const killed = { worker: 0, server: 0 };
  const deaths: { runId: string; at: Date }[] = [];
  const seen = new Set<string>();
  const processes = [await startProcess('serve', database.url)];
  try {
    await importDemo(database.url);
    for (let index = 0; index < workerCount; index += 1)
      processes.push(await startProcess('worker', database.url));
    await queueRuns(processes[0] as GelqlProcess, configurations(runCount));
    for (let kill = 0; kill < kills; kill += 1) {
      await delay(PAUSE_MS.least + random.nextBelow(PAUSE_MS.most - PAUSE_MS.least));
      for (const model of await database.listModels()) seen.add(model);
      const index = random.nextBelow(processes.length);
      const victim = processes[index] as GelqlProcess;
      const holding = victim.kind === 'worker' ? await database.listRunsOf(victim.pid) : [];
      await victim.kill();
      const at = await database.now();
      // Those that ended between the two statements were not taken from anybody.
      const taken = await database.stillRunning(holding);
      deaths.push(...taken.map((runId) => ({ runId, at })));
      killed[victim.kind === 'worker' ? 'worker' : 'server'] += 1;
      processes[index] = await startProcess(victim.kind, database.url);
      console.error(`kill ${kill + 1} of ${kills}: ${victim.kind}, ${await database.progress()}`);
    }
    await untilEnded(database);
    return { outcome: await database.readOutcome(deaths, seen), killed };
  } finally {
    await Promise.all(processes.map((process) => process.kill()));
    await database.drop();
  }
}

async function untilEnded(database: ProofDatabase): Promise<void> {
  const deadline = Date.now() + END_TIMEOUT_MS;
  while (!(await database.allEnded())) {
    if (Date.now() > deadline) throw new Error(`Not all runs ended: ${await database.progress()}`);
    await delay(250);
  }
}
