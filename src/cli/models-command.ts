import type { Command } from 'commander';
import type { Config } from '../config.js';
import { exportModelFolder } from '../registry/export-model-folder.js';
import { MAX_PAGE_SIZE } from '../db/keyset.js';
import { pageModels } from '../registry/models.js';
import { formatTable, printJson, printResult } from './output.js';
import { withApp } from './with-app.js';

export function registerModelsCommand(program: Command, getConfig: () => Config): void {
  const models = program.command('models').description('list registered models, write one to a folder');
  models
    .command('list')
    .description('the newest models first')
    .option('--json', 'print as JSON')
    .action(async (flags: { json?: boolean }) => {
      const { rows } = await withApp(getConfig(), ({ database }) => pageModels(database, { first: MAX_PAGE_SIZE }));
      if (flags.json === true) {
        printJson(rows);
        return;
      }
      printResult(
        formatTable(
          ['id', 'name', 'origin', 'weights', 'head', 'classes', 'digest'],
          rows.map((row) => [
            String(row.number),
            row.name,
            row.origin.toLowerCase(),
            row.backboneId,
            row.head.toLowerCase(),
            row.classes.join(', '),
            row.digest.slice(0, 12),
          ]),
        ),
      );
    });
  models
    .command('export')
    .argument('<model>', 'id, name or number')
    .argument('<directory>', 'folder to write model.json and head.safetensors to')
    .option('--name <name>', 'name that the record carries instead of the registered one')
    .description('write a registered model with its evaluation to a folder')
    .action(async (reference: string, directory: string, flags: { name?: string }) => {
      const config = getConfig();
      const record = await withApp(config, ({ database }) =>
        exportModelFolder(database, config, { reference, directory, name: flags.name }),
      );
      printResult(`${record.name}, digest ${record.digest}, in ${directory}`);
    });
}
