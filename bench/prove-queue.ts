/**
 * `npm run prove:queue -- [--kills 50] [--runs 24] [--workers 3] [--seed 1]` kills workers and the server (SIGKILL, real
 * processes, a PostgreSQL of its own) at random moments while they train, and compares the end with the same runs
 * undisturbed. Exits with 1 where anything differs.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable, printNote, printResult } from '../src/cli/terminal/output.js';
import { PACKAGE_DIR } from '../src/config.js';
import { createEmptyDatabase } from '../test/support/database.js';
import { startTestServer } from '../test/support/test-server.js';
import { proofInputs } from './queue-proof/proof-runs.js';
import { proveQueue, type ProofReport } from './queue-proof/prove-queue.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    runs: { type: 'string', default: '24' },
    workers: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
});
const server = await startTestServer();
const [undisturbed, disturbed] = [
  await createEmptyDatabase(server.url),
  await createEmptyDatabase(server.url),
];
const seed = Number(values.seed);
const startedAt = performance.now();
try {
  const report = await proveQueue({
    databaseUrls: { undisturbed: undisturbed.url, disturbed: disturbed.url },
    launch: [join(PACKAGE_DIR, 'bin', 'gelql.mjs')],
    pictures: join(PACKAGE_DIR, 'dataset'),
    inputs: proofInputs(Number(values.runs), { single: 150, multi: 30 }),
    workers: Number(values.workers),
    kills: Number(values.kills),
    seed,
    note: printNote,
  });
  printResult(formatTable(['queue under kill -9', 'count'], rowsOf(report)));
  for (const problem of report.problems) printNote(`WRONG: ${problem}`);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} finally {
  await undisturbed.drop();
  await disturbed.drop();
  await server.stop();
}

function rowsOf({ undisturbed: calm, outcome, seen, killed, running, taken, problems }: ProofReport) {
  const { runs } = outcome;
  const heads = new Map(calm.runs.map((run) => [run.name, run.heads[0]]));
  const count = (holds: (run: (typeof runs)[number]) => boolean) => runs.filter(holds).length;
  const longestMs = Math.max(0, ...outcome.waitsMs);
  const rows: [string, number | string][] = [
    ['seed', seed],
    ['runs', runs.length],
    ['processes killed', killed.server + killed.worker],
    ['- workers', killed.worker],
    ['- servers', killed.server],
    ['runs taken from a worker by a kill', running.length],
    ['jobs taken by a kill before their run began', taken.length],
    ['times that a worker began with a run', runs.reduce((sum, { begins }) => sum + begins, 0)],
    ['most attempts of one run', Math.max(...runs.map(({ attempt }) => attempt))],
    [
      'runs that ended exactly once, SUCCEEDED',
      count(({ ends, state }) => ends === 1 && state === 'SUCCEEDED'),
    ],
    ['runs with one model and one result', count((run) => run.heads.length === 1 && run.resultCount === 1)],
    ['runs with every event and every epoch once', count((run) => run.hasAllEvents && run.hasAllEpochs)],
    ['heads equal to the undisturbed ones', count((run) => run.heads[0] === heads.get(run.name))],
    ['models registered before some kill', seen.size],
    ['- of them lost', [...seen].filter(([id, head]) => outcome.models.get(id) !== head).length],
    ['longest wait after a death, seconds', (longestMs / 1000).toFixed(1)],
    ['problems', problems.length],
    ['minutes in all', ((performance.now() - startedAt) / 60_000).toFixed(1)],
  ];
  return rows.map(([label, value]) => [label, String(value)]);
}
