import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { createDatabaseCheckpoints } from './database-checkpoints.js';
import { createFolderCheckpoints } from './folder-checkpoints.js';

export interface CheckpointKey {
  runId: string;
  /** Of the bytes, hex. */
  sha256: string;
}

/** Where the bytes of checkpoints lie. Which of them is a run's checkpoint says its row in `run_checkpoints`. */
export interface CheckpointBytes {
  /** Once it resolves, they outlive process, system and power. @throws GelqlError SETUP_FAILED where there is no room */
  write(key: CheckpointKey, bytes: Uint8Array): Promise<void>;
  /** @returns what is there, unchecked; null where nothing is */
  read(key: CheckpointKey): Promise<Uint8Array | null>;
  remove(key: CheckpointKey): Promise<void>;
  /** Removes what the run has besides. */
  keepOnly(key: CheckpointKey): Promise<void>;
  /** Removes what belongs to runs that have ended. */
  removeUnused(): Promise<void>;
}

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
