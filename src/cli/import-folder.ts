import { basename, resolve } from 'node:path';
import type { App } from '../app.js';
import { scanFolder } from '../datasets/scan-folder.js';
import { GelqlError } from '../errors.js';
import { importPictures } from './import-pictures.js';

/**
 * The folder's pictures as a data set; the same pictures are registered once, whatever the folder is called.
 * @returns id of the data set
 */
export async function importFolder(app: App, directory: string): Promise<string> {
  const pictures = await scanFolder(directory);
  const source = basename(resolve(directory));
  try {
    return (await importPictures(app, { name: source, source, pictures })).dataset.id;
  } catch (error) {
    // Another content under the same folder name: the time tells the two apart.
    if (!(error instanceof GelqlError) || error.code !== 'CONFLICT') throw error;
    const name = `${source} ${new Date().toISOString().slice(0, 19)}`;
    return (await importPictures(app, { name, source, pictures })).dataset.id;
  }
}
