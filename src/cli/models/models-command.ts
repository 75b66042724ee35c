import type { Command } from 'commander';
import type { Config } from '../../config.js';
import { listNames } from '../../list-names.js';
import { findAliasesOfModels } from '../../registry/aliases.js';
import { areArchived } from '../../registry/archived-models.js';
import { pageModels } from '../../registry/models.js';
import { registerBestModelCommand } from './best-model-command.js';
import { collectPages } from '../collect-pages.js';
import { registerCompareModelsCommand } from './compare-models-command.js';
import { registerAliasCommands } from './models-alias-commands.js';
import { registerFolderCommands } from './models-folder-commands.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { integerBetween } from '../parse/parse-number.js';
import { registerShadowReportCommand } from './shadow-report-command.js';
import { withDatabase } from '../with-database.js';

export function registerModelsCommand(program: Command, getConfig: () => Config): void {
  const models = program
    .command('models')
    .description('list, choose and compare registered models, say which one serves, export and import');
  models
    .command('list')
    .description('the newest models first')
    .option('--limit <number>', 'models at most', integerBetween(1, 1_000_000), 100)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gelql models list\n  gelql models list --json --limit 1')
    .action(async (flags: { json?: boolean; limit: number }) => {
      const rows = await withDatabase(getConfig(), async (database) => {
        const found = await collectPages(flags.limit, (page) => pageModels(database, page));
        const ids = found.map(({ id }) => id);
        const aliases = await findAliasesOfModels(database, ids);
        const archived = await areArchived(database, ids);
        return found.map((row, index) => ({
          ...row,
          aliases: aliases[index] ?? [],
          isArchived: archived[index] ?? false,
        }));
      });
      if (flags.json === true) {
        printJson(rows);
        return;
      }
      printResult(
        formatTable(
          ['id', 'name', 'origin', 'weights', 'head', 'classes', 'digest', 'serves as'],
          rows.map((row) => [
            String(row.number),
            row.name,
            row.origin.toLowerCase(),
            row.backboneId,
            row.head.toLowerCase(),
            listNames(row.classes, 5),
            row.digest.slice(0, 12),
            row.isArchived ? 'archived' : row.aliases.join(', '),
          ]),
        ),
      );
    });
  registerBestModelCommand(models, getConfig);
  registerCompareModelsCommand(models, getConfig);
  registerAliasCommands(models, getConfig);
  registerFolderCommands(models, getConfig);
  registerShadowReportCommand(models, getConfig);
}
