import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { GelqlError } from '../../errors.js';

/**
 * Sees that what a command will write can be written, and makes nothing yet: found out after a training, it would have cost
 * the training's time.
 * @param outputs by option, for example `--model_path`
 * @throws GelqlError BAD_REQUEST with the option and what the system says
 */
export async function checkOutputs(outputs: {
  files?: Record<string, string>;
  folders?: Record<string, string>;
}): Promise<void> {
  for (const [option, folder] of Object.entries(outputs.folders ?? {})) {
    await writable(option, folder, () => checkFolder(folder));
  }
  for (const [option, file] of Object.entries(outputs.files ?? {})) {
    await writable(option, file, () => checkFile(file));
  }
}

/** Where it is not there, the nearest folder above that is. */
async function checkFolder(folder: string): Promise<void> {
  const present = await stat(folder).catch(() => null);
  if (present === null) return checkFolder(dirname(resolve(folder)));
  if (!present.isDirectory()) throw new Error(`${folder} is no folder`);
  await access(folder, constants.W_OK);
}

async function checkFile(file: string): Promise<void> {
  await checkFolder(dirname(file));
  const present = await stat(file).catch(() => null);
  if (present === null) return;
  if (present.isDirectory()) throw new Error('it is a folder');
  await access(file, constants.W_OK);
}

async function writable(option: string, path: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError('BAD_REQUEST', `${option} ${path} cannot be written: ${reason}.`, { cause });
  }
}
