import type { Command } from 'commander';
import type { Config } from '../config.js';
import { openDatabase } from '../db/client.js';
import { migrate } from '../db/migrate.js';
import { createCommandLogger } from './terminal/command-logger.js';
import { printJson, printResult } from './terminal/output.js';

export function registerMigrateCommand(program: Command, getConfig: () => Config): void {
  program
    .command('migrate')
    .description('bring the database to the schema of this version; every other command does it too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  gelql migrate
  DATABASE_URL=postgres://gelql@database/gelql gelql migrate`,
    )
    .action(async ({ json = false }: { json?: boolean }) => {
      const config = getConfig();
      const database = await openDatabase(config, createCommandLogger(config));
      try {
        await migrate(database);
        if (json) printJson({ database: database.address });
        else printResult(`The database ${database.address} is at the schema of this version.`);
      } finally {
        await database.close();
      }
    });
}
