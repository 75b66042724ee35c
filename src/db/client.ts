import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import type { Database } from './database.js';
import { openEmbedded } from './embedded.js';
import { openPostgresql } from './postgresql.js';

export type { Database, DatabaseScope, Queries } from './database.js';

/**
 * Opens PostgreSQL where `config.databaseUrl` is set, else the embedded database in `config.dataDir`. Does not migrate.
 * @throws GelqlError DATABASE_UNAVAILABLE, DATABASE_LOCKED, CONFIGURATION_INVALID
 */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'cacheDir'>,
  logger: Logger,
): Promise<Database> {
  return config.databaseUrl === null
    ? openEmbedded(config, logger)
    : openPostgresql(config.databaseUrl, logger);
}
