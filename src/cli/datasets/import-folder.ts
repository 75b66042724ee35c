import { basename, resolve } from 'node:path';
import type { App } from '../../app.js';
import { scanFolder } from '../../datasets/scan-folder.js';
import { GelqlError } from '../../errors.js';
import { importPictures } from './import-pictures.js';
import { noteLeftOut } from './print-import.js';

/**
 * The folder's pictures as a data set; the same pictures are registered once, whatever the folder is called. Says which of
 * them were left out.
 * @returns id of the data set
 */
export async function importFolder(app: App, directory: string): Promise<string> {
  const scan = await scanFolder(directory);
  const source = basename(resolve(directory));
  const { dataset, report } = await importPictures(app, { name: source, source, ...scan }).catch(
    (error: unknown) => {
      // Another content under the same folder name: the time tells the two apart.
      if (!(error instanceof GelqlError) || error.code !== 'CONFLICT') throw error;
      const name = `${source} ${new Date().toISOString().slice(0, 19)}`;
      return importPictures(app, { name, source, ...scan });
    },
  );
  noteLeftOut(report);
  return dataset.id;
}
