import type { Command } from 'commander';
import { createDatasetFromReviews } from '../../receipts/dataset-from-reviews.js';
import type { Config } from '../../config.js';
import { runInterruptibly } from '../terminal/interruptible.js';
import { printJson } from '../terminal/output.js';
import { createProgress } from '../terminal/progress.js';
import { printImport } from './print-import.js';
import { withApp } from '../with-app.js';

interface FromReviewsFlags {
  name: string;
  base?: string;
  json?: boolean;
}

export function registerFromReviewsCommand(dataset: Command, getConfig: () => Config): void {
  dataset
    .command('from-reviews')
    .requiredOption('--name <name>', 'of the new data set')
    .option('--base <name>', 'id or name of a data set whose pictures it begins with')
    .description('register a new data set of the pictures whose answers people have corrected or confirmed')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Each picture gets the class of its newest review, also where the base holds it already. The bytes of
all of them must have been kept (GELQL_KEEP_PICTURES=true when they were classified).

Examples:
  gelql dataset from-reviews --name gels-2 --base gels-1`,
    )
    .action(async ({ name, base, json }: FromReviewsFlags) => {
      const progress = createProgress(`import ${name}`, 'pictures');
      const outcome = await withApp(getConfig(), (app) =>
        runInterruptibly((signal) =>
          createDatasetFromReviews(app, {
            name,
            base: base ?? null,
            classificationIds: null,
            onProgress: (step, done, total) => progress.update(`${step} pictures`, done, total),
            signal,
          }),
        ).finally(() => progress.stop()),
      );
      // The findings are in the report beside it.
      const dataset = { ...outcome.dataset, duplicateReport: undefined };
      if (json === true) printJson({ ...outcome, dataset });
      else printImport(outcome);
    });
}
