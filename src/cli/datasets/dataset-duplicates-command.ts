import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { App } from '../../app.js';
import type { Config } from '../../config.js';
import type { Database } from '../../db/client.js';
import type { DuplicateReport } from '../../words/duplicate-report.js';
import { findDataset, listDatasetPictures, type DatasetRow } from '../../datasets/datasets.js';
import { GelqlError } from '../../errors.js';
import { renderDuplicateSheet } from '../../reports/duplicate-sheet.js';
import { createThumbnails } from '../../reports/thumbnails.js';
import { formatDuplicates } from './format-duplicates.js';
import { printJson, printNote, printResult } from '../terminal/output.js';
import { withApp } from '../with-app.js';
import { withDatabase } from '../with-database.js';

interface DuplicatesFlags {
  sheet?: string;
  json?: boolean;
}

export function registerDuplicatesCommand(dataset: Command, getConfig: () => Config): void {
  dataset
    .command('duplicates')
    .argument('<dataset>', 'name or id')
    .description('show again what the import found about pictures that resemble each other')
    .option('--sheet <file>', 'write an HTML page with the pictures side by side')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql dataset duplicates pictures\n  gelql dataset duplicates pictures --sheet duplicates.html',
    )
    .action(async (reference: string, { sheet, json }: DuplicatesFlags) => {
      const config = getConfig();
      const report =
        sheet === undefined
          ? (await withDatabase(config, (database) => loadReport(database, reference))).report
          : await withApp(config, (app) => writeSheet(app, reference, sheet));
      if (json === true) {
        printJson(report);
        return;
      }
      const lines = formatDuplicates(report);
      printResult(lines.length > 0 ? lines.join('\n') : 'No picture resembles another.');
    });
}

/** @throws GelqlError NOT_FOUND */
async function loadReport(
  database: Database,
  reference: string,
): Promise<{ dataset: DatasetRow; report: DuplicateReport }> {
  const dataset = await findDataset(database, reference);
  if (dataset === null) throw new GelqlError('NOT_FOUND', `There is no data set "${reference}".`);
  return { dataset, report: dataset.duplicateReport };
}

async function writeSheet(app: App, reference: string, file: string): Promise<DuplicateReport> {
  const { dataset, report } = await loadReport(app.database, reference);
  const images = await listDatasetPictures(app.database, dataset.id);
  const page = await renderDuplicateSheet({ name: dataset.name, report, images }, createThumbnails(app));
  await writeFile(file, page);
  printNote(`wrote ${file}`);
  return report;
}
