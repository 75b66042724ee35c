import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';

/** A name, not a path: nothing of it leads out of the exports folder. Every name of a model is one. */
const FOLDER_NAME = /^(?!\.{1,2}$)[^\p{Cc}/\\]{1,100}$/u;

/** @throws GelqlError BAD_REQUEST where the name is a path */
export function exportsFolder({ exportsDir }: Pick<Config, 'exportsDir'>, name: string): string {
  if (!FOLDER_NAME.test(name)) {
    throw new GelqlError('BAD_REQUEST', `"${name}" is no name of a folder: give a name, no path.`);
  }
  return join(exportsDir, name);
}

/** The same for a folder that is there, and is no link to another place. @throws GelqlError NOT_FOUND, BAD_REQUEST */
export async function findExportsFolder(config: Pick<Config, 'exportsDir'>, name: string): Promise<string> {
  const directory = exportsFolder(config, name);
  const facts = await lstat(directory).catch(() => null);
  if (facts?.isDirectory() === true) return directory;
  throw new GelqlError('NOT_FOUND', `There is no folder "${name}" below the exports folder of the server.`);
}
