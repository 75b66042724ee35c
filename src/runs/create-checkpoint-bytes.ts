import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { CheckpointBytes } from './checkpoint-bytes.js';
import { createDatabaseCheckpoints } from './database-checkpoints.js';
import { createFolderCheckpoints } from './folder-checkpoints.js';

/**
 * In PostgreSQL, where any machine can go on with the run. Beside the embedded database, which no other machine reaches, in
 * files: storing 134 MB in it kept the main thread computing for 5 s, and nothing there gives the place of old ones back.
 */
export function createCheckpointBytes(
  { dataDir }: Pick<Config, 'dataDir'>,
  database: Database,
): CheckpointBytes {
  return database.kind === 'embedded'
    ? createFolderCheckpoints(join(dataDir, 'checkpoints'), database)
    : createDatabaseCheckpoints(database);
}
