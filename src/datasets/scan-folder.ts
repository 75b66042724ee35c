import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { Subset } from '../db/schema.js';
import { GelqlError } from '../errors.js';

/** A file that is meant to be a picture of a class; whether it is one shows when it is decoded. */
export interface ScannedPicture {
  /** Absolute. */
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

/**
 * Pictures of a data set's folder: one folder per class, optionally below `train` and `test`; pictures may lie in
 * folders below their class. Hidden files, text files and links that lead out of the folder are left out. The order is
 * that of the names, whatever the file system says.
 * @param options.subset the subset of pictures that lie in no train or test folder
 * @param options.classes the classes to take; all where absent
 * @throws GelqlError DATASET_INVALID that says what was found instead
 */
export async function scanFolder(
  directory: string,
  options: { subset?: Subset; classes?: readonly string[] } = {},
): Promise<ScannedPicture[]> {
  const root = await realpath(directory).catch((cause: unknown) => {
    throw new GelqlError('DATASET_INVALID', `There is no folder ${directory}.`, { cause });
  });
  if (!(await stat(root)).isDirectory()) {
    throw new GelqlError('DATASET_INVALID', `${directory} is a file; a folder is needed.`);
  }
  const top = await foldersIn(root);
  const subsetFolders = top.filter((name) => SUBSET_FOLDERS.has(name.toLowerCase()));
  const pictures: ScannedPicture[] = [];
  if (subsetFolders.length > 0) {
    for (const folder of subsetFolders) {
      const subset = SUBSET_FOLDERS.get(folder.toLowerCase()) ?? 'UNSPLIT';
      pictures.push(...(await scanClasses(root, folder, subset)));
    }
  } else {
    pictures.push(...(await scanClasses(root, '', options.subset ?? 'UNSPLIT')));
  }
  const { classes } = options;
  const wanted =
    classes === undefined ? pictures : pictures.filter(({ className }) => classes.includes(className));
  const found = [...new Set(wanted.map(({ className }) => className))];
  const missing = classes?.filter((name) => !found.includes(name)) ?? [];
  if (found.length < 2 || missing.length > 0) {
    const seen = [...new Set(pictures.map(({ className }) => className))];
    throw new GelqlError(
      'DATASET_INVALID',
      `${directory} has pictures of ${seen.length === 0 ? 'no class' : `the classes ${seen.join(', ')}`}` +
        (missing.length > 0 ? `, none of ${missing.join(', ')}.` : '; at least two classes are needed.'),
      { facts: { found: seen } },
    );
  }
  return wanted;
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Numbers inside names count as numbers: gel_2 comes before gel_10. Independent of the machine's language. */
const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);

/** Tells pictures of several folders apart by the name of their folder. */
export function prefixNames(pictures: readonly ScannedPicture[], directory: string): ScannedPicture[] {
  return pictures.map((picture) => ({ ...picture, name: `${basename(directory)}/${picture.name}` }));
}
