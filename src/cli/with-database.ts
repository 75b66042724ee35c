import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { openRegistry } from '../registry/open-registry.js';
import { createCommandLogger } from './terminal/command-logger.js';

/** For commands that read and write rows only: no threads, no queue. */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openRegistry(config, createCommandLogger(config));
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
