import type { Command } from 'commander';
import type { Config } from '../config.js';
import { openDatabase } from '../db/client.js';
import { migrate } from '../db/migrate.js';
import { createLogger } from '../logger.js';
import { printResult } from './output.js';

export function registerMigrateCommand(program: Command, getConfig: () => Config): void {
  program
    .command('migrate')
    .description('bring the database to the schema of this version; every other command does it too')
    .action(async () => {
      const config = getConfig();
      const database = await openDatabase(config, createLogger(config.logLevel));
      try {
        await migrate(database);
        printResult(`The ${database.kind} database is at the schema of this version.`);
      } finally {
        await database.close();
      }
    });
}
