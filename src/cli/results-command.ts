import { Option, type Command } from 'commander';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { pageResults, type ResultOrder, type ResultRow } from '../registry/results.js';
import { resultsCsv } from '../reports/results-csv.js';
import { collectPages } from './collect-pages.js';
import { printJson, printNote, printResult } from './terminal/output.js';
import { formatResults } from './results-table.js';
import { integerBetween } from './parse/parse-number.js';
import { withDatabase } from './with-database.js';

export function registerResultsCommand(program: Command, getConfig: () => Config): void {
  program
    .command('results')
    .description('print the results table, best first')
    .option('--json', 'all of every result as JSON')
    .addOption(
      new Option(
        '--csv',
        "the published experiment's twelve columns, and what tells rows apart, as CSV",
      ).conflicts('json'),
    )
    .option('--limit <number>', 'rows at most', integerBetween(1, 1_000_000), 100)
    .addHelpText(
      'after',
      `
Examples:
  gelql results
  gelql results --csv > results.csv
  gelql results --json --limit 1`,
    )
    .action(async (flags: { json?: boolean; csv?: boolean; limit: number }) => {
      const rows = await withDatabase(getConfig(), (database) => readResults(database, flags.limit));
      if (flags.json === true) printJson(rows);
      else if (flags.csv === true) process.stdout.write(resultsCsv(rows, { percent: true }));
      else if (rows.length === 0)
        printNote('No results yet: train a model with `gelql train` or run `npm run demo`.');
      else printResult(formatResults(rows));
    });
}

function readResults(database: Database, limit: number): Promise<ResultRow[]> {
  const order: readonly ResultOrder[] = [
    { field: 'accuracyLow', direction: 'desc' },
    { field: 'logLoss', direction: 'asc' },
  ];
  return collectPages(limit, (page) => pageResults(database, {}, order, page));
}
