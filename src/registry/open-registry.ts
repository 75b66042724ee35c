import type { Config } from '../config.js';
import { openDatabase, type Database } from '../db/client.js';
import { migrate } from '../db/migrate.js';
import type { Logger } from '../logger.js';
import { registerShippedModels } from './shipped-models.js';

/**
 * Opens the database, migrated and with the shipped models: enough for what only reads and writes rows.
 * @throws GelqlError DATABASE_*, CONFIGURATION_INVALID
 */
export async function openRegistry(config: Config, logger: Logger): Promise<Database> {
  const database = await openDatabase(config, logger);
  try {
    await migrate(database);
    await registerShippedModels(database, config, logger);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
