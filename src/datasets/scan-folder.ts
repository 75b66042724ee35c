import { basename, resolve } from 'node:path';
import { GelqlError } from '../errors.js';
import { listNames } from '../list-names.js';
import { createRemarks, formatRemark, type FolderRemark } from './folder-remarks.js';
import { scanOneFolder, type DatasetFolder, type ScannedPicture } from './scan-one-folder.js';

export type { DatasetFolder, ScannedPicture } from './scan-one-folder.js';

export interface FolderScan {
  /** No two have the same name. */
  pictures: ScannedPicture[];
  /** What was left out or taken otherwise than its name says. */
  remarks: FolderRemark[];
}

/**
 * Pictures of a data set: one folder per class, optionally below `train` and `test`; pictures may lie in folders below
 * their class. Whatever is left out is in the remarks. The order is that of the names, whatever the file system says.
 * @throws GelqlError DATASET_INVALID that says what was found instead
 */
export async function scanFolder(directory: string): Promise<FolderScan> {
  return scanFolders([{ directory }]);
}

/**
 * Pictures of a data set that lies in several folders; their names then begin with the folder's.
 * @param options.classes the classes to take; all where absent
 * @throws GelqlError DATASET_INVALID, also where the folders together have fewer than two classes
 */
export async function scanFolders(
  folders: readonly DatasetFolder[],
  { classes }: { classes?: readonly string[] | undefined } = {},
): Promise<FolderScan> {
  const prefixes = prefixesOf(folders.map(({ directory }) => directory));
  const remarks = createRemarks();
  const pictures: ScannedPicture[] = [];
  for (const [index, folder] of folders.entries()) {
    const prefix = prefixes[index] ?? '';
    for (const picture of await scanOneFolder(folder, remarks)) {
      pictures.push({ ...picture, name: prefix + picture.name });
    }
  }
  const wanted = pictures.filter(({ className }) => classes?.includes(className) ?? true);
  const found = new Set(wanted.map(({ className }) => className));
  const missing = classes?.filter((name) => !found.has(name)) ?? [];
  if (found.size < 2 || missing.length > 0) throw lacking(folders, pictures, missing, remarks.list());
  return { pictures: withDistinctNames(wanted), remarks: remarks.list() };
}

/** Folders of the same name are told apart by the whole path. */
function prefixesOf(directories: readonly string[]): string[] {
  if (directories.length === 1) return [''];
  const names = directories.map((directory) => basename(resolve(directory)));
  const isUnique = new Set(names).size === names.length;
  return (isUnique ? names : directories.map((directory) => directory.replace(/\/+$/, ''))).map(
    (name) => `${name}/`,
  );
}

/** Two spellings of one name in bytes read the same. */
function withDistinctNames(pictures: readonly ScannedPicture[]): ScannedPicture[] {
  const taken = new Set(pictures.map(({ name }) => name));
  if (taken.size === pictures.length) return [...pictures];
  const given = new Set<string>();
  return pictures.map((picture) => {
    let name = picture.name;
    for (let copy = 2; given.has(name) || (name !== picture.name && taken.has(name)); copy += 1) {
      name = `${picture.name} (${copy})`;
    }
    given.add(name);
    return { ...picture, name };
  });
}

function lacking(
  folders: readonly DatasetFolder[],
  pictures: readonly ScannedPicture[],
  missing: readonly string[],
  remarks: readonly FolderRemark[],
): GelqlError {
  const seen = [...new Set(pictures.map(({ className }) => className))];
  const where = folders.map(({ directory }) => directory).join(' and ');
  const what = seen.length === 0 ? 'no class' : `the classes ${listNames(seen, 20)}`;
  const lack = missing.length > 0 ? `none of ${listNames(missing, 20)}` : 'at least two classes are needed';
  const [only] = seen;
  const isWrapped = seen.length === 1 && pictures.every(({ name }) => name.split('/').length > 2);
  const hints = [
    ...(isWrapped ? [`Where the classes lie in ${only}, name that folder.`] : []),
    ...remarks.map((remark) => `${capitalize(formatRemark(remark))}.`),
  ];
  return new GelqlError(
    'DATASET_INVALID',
    [`There are pictures of ${what} in ${where}: ${lack}.`, ...hints].join(' '),
    { facts: { found: seen, remarks: [...remarks] } },
  );
}

function capitalize(sentence: string): string {
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}
