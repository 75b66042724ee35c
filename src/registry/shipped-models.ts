import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { readModelFolder } from './model-folder.js';
import { findModel } from './models.js';
import { registerModel } from './register-model.js';
import { registrationOf } from './registration-of.js';

/** Folder below the models directory that holds one model folder per backbone. */
const SHIPPED = 'gelql-base';

/**
 * Registers the models that ship with the program, verified like any other, so that a fresh server answers. What is
 * registered already is left alone; a damaged one is logged and does not keep the server from starting.
 */
export async function registerShippedModels(
  database: Database,
  config: Pick<Config, 'modelsDir'>,
  logger: Logger,
): Promise<void> {
  const root = join(config.modelsDir, SHIPPED);
  if (!existsSync(root)) return;
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of folders.sort((a, b) => a.name.localeCompare(b.name))) {
    try {
      await registerShippedModel(database, join(root, name));
    } catch (error) {
      // Another server that starts at the same time was faster.
      if (error instanceof GelqlError && error.code === 'CONFLICT') continue;
      logger.error({ err: error, model: name }, 'a shipped model could not be registered');
    }
  }
}

async function registerShippedModel(database: Database, directory: string): Promise<void> {
  const stored = await readModelFolder(directory);
  if ((await findModel(database, stored.record.name)) !== null) return;
  await registerModel(database, registrationOf(stored, 'SHIPPED'));
}
