/**
 * Pages of the results table at 100 000 results, through the GraphQL schema, without a network:
 *   npm run bench:results
 *   npm run bench:results -- --rows 10000 --explain             fewer rows; the plans of the slowest pages
 * Every page is asked for by one client, one after the other. Works on temporary databases of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp, type App } from '../src/app.js';
import { formatTable, printResult } from '../src/cli/terminal/output.js';
import { readConfig } from '../src/config.js';
import { createGraphQLServer, type GelqlYoga } from '../src/graphql/http/server.js';
import { createLogger } from '../src/logger.js';
import { findBestModel } from '../src/comparison/best-model.js';
import { explainPage, readPage, type AskedPage } from './read-results-page.js';
import { askedPages, PAGE_QUERY } from './results-page-requests.js';
import { fillResults } from './results-rows.js';

const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, explain: { type: 'boolean', default: false } },
});
const ROWS = Number(flags.rows);
/** Plans that --explain prints. */
const EXPLAINED = 5;
const REMEMBERED_ASKED = 50;

interface Timed {
  page: AskedPage;
  group: string;
  graphqlMs: number;
  rowsMs: number;
}

const folder = await mkdtemp(join(tmpdir(), 'gelql-bench-'));
try {
  printResult(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`);
  printResult(`${ROWS} results`);
  await benchDatabase();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchDatabase(): Promise<void> {
  const config = {
    ...readConfig(),
    databaseUrl: null,
    dataDir: join(folder, 'data'),
    modelsDir: folder,
    port: 0,
  };
  const app = await createApp(config, createLogger('error'));
  try {
    const fillMs = await timeOf(() => fillResults(app.database, ROWS));
    printResult(`filled in ${(fillMs / 1000).toFixed(0)} s`);
    // What PostgreSQL's autovacuum does within a minute.
    await app.database.executeSql('vacuum analyze');
    await benchPages(app);
    await benchBestModel(app);
  } finally {
    await app.close();
  }
}

async function benchPages(app: App): Promise<void> {
  const yoga = createGraphQLServer(app);
  const timed: Timed[] = [];
  for (const { page, group } of await askedPages(app.database)) {
    const rowsMs = await timeOf(() => readPage(app.database, page));
    const graphqlMs = await timeOf(() => askPage(yoga, page));
    timed.push({ page, group, graphqlMs, rowsMs });
  }
  const groups = [...new Set(timed.map(({ group }) => group))].sort();
  printResult(
    formatTable(
      ['pages', 'asked', 'p50 ms', 'p95 ms', 'slowest ms', 'rows alone p50', 'rows alone p95'],
      [
        ...groups.map((name) =>
          summary(
            name,
            timed.filter(({ group }) => group === name),
          ),
        ),
        summary('all', timed),
      ],
    ),
  );
  if (!flags.explain) return;
  for (const { page, rowsMs, group } of [...timed].sort((a, b) => b.rowsMs - a.rowsMs).slice(0, EXPLAINED)) {
    printResult(`\n${group}, ${rowsMs.toFixed(1)} ms: ${JSON.stringify(page.variables)}`);
    printResult(await explainPage(app.database, page));
  }
}

function summary(name: string, timed: readonly Timed[]): string[] {
  const graphqlMs = timed.map((one) => one.graphqlMs);
  const rowsMs = timed.map((one) => one.rowsMs);
  return [
    name,
    String(timed.length),
    ...[0.5, 0.95, 1].map((share) => quantile(graphqlMs, share).toFixed(1)),
    ...[0.5, 0.95].map((share) => quantile(rowsMs, share).toFixed(1)),
  ];
}

async function askPage(yoga: GelqlYoga, page: AskedPage): Promise<void> {
  const response = await yoga.fetch('http://gelql.bench/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: PAGE_QUERY, variables: page.variables }),
  });
  const { errors } = (await response.json()) as { errors?: { message: string }[] };
  if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
}

async function benchBestModel({ database, bestModels }: App): Promise<void> {
  const found = await timeOf(() => findBestModel(database));
  await bestModels.find();
  const remembered: number[] = [];
  for (let times = 0; times < REMEMBERED_ASKED; times++) {
    remembered.push(await timeOf(() => bestModels.find()));
  }
  printResult(
    `bestModel: found in ${found.toFixed(0)} ms; remembered in ${quantile(remembered, 0.5).toFixed(1)} ms (p50), ${quantile(remembered, 0.95).toFixed(1)} ms (p95)`,
  );
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
