import type { Command } from 'commander';
import type { Config } from '../config.js';
import { MAX_PAGE_SIZE } from '../db/keyset.js';
import { pageResults, type ResultRow } from '../registry/results.js';
import { resultsCsv } from '../reports/results-csv.js';
import { printJson, printNote, printResult } from './output.js';
import { formatResults } from './results-table.js';
import { withApp } from './with-app.js';

export function registerResultsCommand(program: Command, getConfig: () => Config): void {
  program
    .command('results')
    .description('print the results table, best first')
    .option('--json', 'all of every result as JSON')
    .option('--csv', "the published experiment's twelve columns as CSV")
    .option('--limit <number>', 'rows at most', Number, 100)
    .action(async (flags: { json?: boolean; csv?: boolean; limit: number }) => {
      const rows = await withApp(getConfig(), (app) => readResults(app.database, flags.limit));
      if (flags.json === true) printJson(rows);
      else if (flags.csv === true) process.stdout.write(resultsCsv(rows, { percent: true }));
      else if (rows.length === 0) printNote('No results yet: train a model with `gelql train` or run `npm run demo`.');
      else printResult(formatResults(rows));
    });
}

async function readResults(database: Parameters<typeof pageResults>[0], limit: number): Promise<ResultRow[]> {
  const rows: ResultRow[] = [];
  let after: string | undefined;
  while (rows.length < limit) {
    const page = await pageResults(
      database,
      {},
      [
        { field: 'accuracyLow', direction: 'desc' },
        { field: 'logLoss', direction: 'asc' },
      ],
      { first: Math.min(MAX_PAGE_SIZE, limit - rows.length), after },
    );
    rows.push(...page.rows);
    if (!page.hasNextPage) break;
    after = page.cursors.at(-1);
  }
  return rows;
}
