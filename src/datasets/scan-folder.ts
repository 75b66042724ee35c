import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import type { Subset } from '../words/dataset.js';
import { GelqlError } from '../errors.js';

/** A file that is meant to be a picture of a class; whether it is one shows when it is decoded. */
export interface ScannedPicture {
  /** Absolute; for pictures that are no files whatever ImportOptions.read takes. */
  path: string;
  /** Below the data set's folder, with forward slashes. */
  name: string;
  className: string;
  subset: Subset;
}

const SUBSET_FOLDERS = new Map<string, Subset>([
  ['train', 'TRAIN'],
  ['test', 'TEST'],
]);
/** Cards, tables and sidecars that people keep beside their pictures. */
const NOT_PICTURES = /\.(md|txt|csv|tsv|json|ya?ml|xml|html?|db|ini)$/i;

export interface DatasetFolder {
  directory: string;
  /** The subset of pictures that lie in no train or test folder; `UNSPLIT` where absent. */
  subset?: Subset;
}

/**
 * Pictures of a data set: one folder per class, optionally below `train` and `test`; pictures may lie in folders below
 * their class. Hidden files, text files and links that lead out of the folder are left out. The order is that of the
 * names, whatever the file system says.
 * @throws GelqlError DATASET_INVALID that says what was found instead
 */
export async function scanFolder(directory: string): Promise<ScannedPicture[]> {
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
): Promise<ScannedPicture[]> {
  const prefixes = prefixesOf(folders.map(({ directory }) => directory));
  const pictures: ScannedPicture[] = [];
  for (const [index, folder] of folders.entries()) {
    const prefix = prefixes[index] ?? '';
    for (const picture of await scanOne(folder)) pictures.push({ ...picture, name: prefix + picture.name });
  }
  const wanted = pictures.filter(({ className }) => classes?.includes(className) ?? true);
  const found = new Set(wanted.map(({ className }) => className));
  const missing = classes?.filter((name) => !found.has(name)) ?? [];
  if (found.size < 2 || missing.length > 0) throw lacking(folders, pictures, missing);
  return wanted;
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

function lacking(
  folders: readonly DatasetFolder[],
  pictures: readonly ScannedPicture[],
  missing: readonly string[],
): GelqlError {
  const seen = [...new Set(pictures.map(({ className }) => className))];
  const where = folders.map(({ directory }) => directory).join(' and ');
  const what = seen.length === 0 ? 'no class' : `the classes ${seen.join(', ')}`;
  const lack = missing.length > 0 ? `none of ${missing.join(', ')}` : 'at least two classes are needed';
  return new GelqlError('DATASET_INVALID', `There are pictures of ${what} in ${where}: ${lack}.`, {
    facts: { found: seen },
  });
}

async function scanOne({ directory, subset = 'UNSPLIT' }: DatasetFolder): Promise<ScannedPicture[]> {
  const root = await realpath(directory).catch((cause: unknown) => {
    throw new GelqlError('DATASET_INVALID', `There is no folder ${directory}.`, { cause });
  });
  if (!(await stat(root)).isDirectory()) {
    throw new GelqlError('DATASET_INVALID', `${directory} is a file; a folder is needed.`);
  }
  const top = await foldersIn(root);
  const subsetFolders = top.filter((name) => SUBSET_FOLDERS.has(name.toLowerCase()));
  if (subsetFolders.length === 0) return scanClasses(root, '', subset);
  const pictures: ScannedPicture[] = [];
  for (const folder of subsetFolders) {
    pictures.push(...(await scanClasses(root, folder, SUBSET_FOLDERS.get(folder.toLowerCase()) ?? subset)));
  }
  return pictures;
}

async function scanClasses(root: string, folder: string, subset: Subset): Promise<ScannedPicture[]> {
  const pictures: ScannedPicture[] = [];
  for (const className of await foldersIn(join(root, folder))) {
    for (const name of await filesBelow(root, folder === '' ? className : `${folder}/${className}`)) {
      pictures.push({ path: join(root, name), name, className, subset });
    }
  }
  return pictures;
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort(byName);
}

/** Names below `root` of the files below `root/folder`. */
async function filesBelow(root: string, folder: string): Promise<string[]> {
  const names: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => byName(a.name, b.name))) {
    const name = `${folder}/${entry.name}`;
    if (entry.name.startsWith('.') || NOT_PICTURES.test(entry.name)) continue;
    if (entry.isDirectory()) names.push(...(await filesBelow(root, name)));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFileIn(root, join(root, name))))) {
      names.push(name);
    }
  }
  return names;
}

async function leadsToFileIn(root: string, link: string): Promise<boolean> {
  try {
    const target = await realpath(link);
    return target.startsWith(root + sep) && (await stat(target)).isFile();
  } catch (error) {
    // It leads nowhere, or in a circle.
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Numbers inside names count as numbers: gel_2 comes before gel_10. Independent of the machine's language. */
const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);
