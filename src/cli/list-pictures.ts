import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemarks, formatRemark } from '../datasets/folder-remarks.js';
import type { FilePath } from '../datasets/list-folder.js';
import { filesBelow } from '../datasets/usable-entries.js';
import { printNote } from './terminal/output.js';

export interface ListedPicture {
  path: FilePath;
  /** As the caller would write it. */
  file: string;
}

/**
 * The files that were named and those of the folders that were named, in this order. Says what was left out of a folder.
 * A path that leads nowhere stays: reading it tells.
 */
export async function listPictures(paths: readonly string[]): Promise<ListedPicture[]> {
  const pictures: ListedPicture[] = [];
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    pictures.push(...(isFolder ? await listFolder(path) : [{ path, file: path }]));
  }
  return pictures;
}

async function listFolder(directory: string): Promise<ListedPicture[]> {
  const remarks = createRemarks();
  const root = await realpath(directory);
  const files = await filesBelow({ directory, root, remarks }, { path: root }, '');
  for (const remark of remarks.list()) printNote(`${directory}: ${formatRemark(remark)}`);
  if (files.length === 0) printNote(`${directory}: no picture`);
  return files.map(({ path, name }) => ({ path, file: join(directory, name) }));
}
