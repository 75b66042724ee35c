import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { z } from 'zod';
import { GelqlError } from '../errors.js';
import { isFileNotFound } from '../networks/weights/file-facts.js';
import { RECORD_FILE } from '../registry/model-folder.js';

/**
 * Lets `write` fill a folder beside the wanted place and puts it there in one step, whole or not at all. An empty folder and
 * an earlier export of the same model are replaced.
 * @throws GelqlError CONFLICT where anything else is there
 */
export async function replaceFolder(
  directory: string,
  digest: string,
  write: (aside: string) => Promise<void>,
): Promise<void> {
  await refuseForeign(directory, digest);
  const aside = join(dirname(directory), `.${basename(directory).slice(0, 100)}-${randomUUID()}`);
  await mkdir(aside, { recursive: true });
  try {
    await write(aside);
    await refuseForeign(directory, digest);
    const replaced = `${aside}.replaced`;
    await rename(directory, replaced).catch(unlessAbsent);
    await rename(aside, directory);
    await rm(replaced, { recursive: true, force: true });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function refuseForeign(directory: string, digest: string): Promise<void> {
  const names = await readdir(directory).catch(unlessAbsent);
  if (names === undefined || names.length === 0) return;
  const record = await readFile(join(directory, RECORD_FILE), 'utf8').catch(unlessAbsent);
  if (record !== undefined && digestIn(record) === digest) return;
  throw new GelqlError(
    'CONFLICT',
    `${directory} holds something other than an export of this model: name another folder or empty it.`,
  );
}

function digestIn(text: string): string | null {
  try {
    return z.object({ digest: z.string() }).parse(JSON.parse(text)).digest;
  } catch {
    return null;
  }
}

function unlessAbsent(error: unknown): undefined {
  if (isFileNotFound(error)) return undefined;
  if (isNativeError(error)) throw error;
  throw new Error(String(error));
}
