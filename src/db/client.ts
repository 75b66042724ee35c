import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import type { Database } from './database.js';
import { openLocalServer } from './local/local-server.js';
import { openOwnPostgresql, openPostgresql } from './postgresql.js';

export type { Database, DatabaseScope, Queries } from './database.js';

/**
 * Opens the PostgreSQL that `config.databaseUrl` names, else gelql's own in `config.dataDir`, which is created and started
 * where necessary. Does not migrate.
 * @throws GelqlError DATABASE_UNAVAILABLE, CONFIGURATION_INVALID
 */
export async function openDatabase(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'cacheDir' | 'postgres'>,
  logger: Logger,
): Promise<Database> {
  return config.databaseUrl === null
    ? openOwnPostgresql(await openLocalServer(config, logger), logger)
    : openPostgresql(config.databaseUrl, logger);
}
