import { realpath, stat } from 'node:fs/promises';
import { GelqlError } from '../errors.js';
import type { Subset } from '../words/dataset.js';
import { readRole, type FolderRole } from './folder-names.js';
import type { FolderRemarks } from './folder-remarks.js';
import type { FilePath, FolderEntry } from './list-folder.js';
import { below, filesBelow, readUsable, type Scan, type UsableEntries } from './usable-entries.js';

/** A file that is meant to be a picture of a class; whether it is one shows when it is decoded. */
export interface ScannedPicture {
  /** Absolute; for pictures that are no files whatever ImportOptions.read takes. */
  path: FilePath;
  /** Below the data set's folder, with forward slashes. */
  name: string;
  className: string;
  subset: Subset;
}

export interface DatasetFolder {
  directory: string;
  /** The subset of pictures that lie in no train or test folder; `UNSPLIT` where absent. */
  subset?: Subset;
}

/**
 * Pictures of one folder, by classes or by train and test above the classes.
 * @throws GelqlError DATASET_INVALID where it is neither, or both at once
 */
export async function scanOneFolder(
  { directory, subset = 'UNSPLIT' }: DatasetFolder,
  remarks: FolderRemarks,
): Promise<ScannedPicture[]> {
  const root = await realpath(directory).catch((cause: unknown) => {
    throw new GelqlError('DATASET_INVALID', `There is no folder ${directory}.`, { cause });
  });
  if (!(await stat(root)).isDirectory()) {
    throw new GelqlError('DATASET_INVALID', `${directory} is a file; a folder is needed.`);
  }
  const scan = { directory, root, remarks };
  const top = await readUsable(scan, root, '');
  const roles = readRoles(top.folders);
  if (roles.size === 0) {
    const pictures = await scanClasses(scan, top, '', subset);
    noteSameFolders(pictures, remarks);
    return pictures;
  }
  await refuseBeside(
    scan,
    top.folders.filter((folder) => !roles.has(folder)),
    [...roles.keys()],
  );
  noteOutside(top.files, '', remarks);
  const hasTest = [...roles.values()].includes('TEST');
  const pictures: ScannedPicture[] = [];
  for (const [folder, role] of roles) {
    const taken = role === 'VALIDATION' ? (hasTest ? 'TRAIN' : 'TEST') : role;
    const found = await scanSubset(scan, folder, taken);
    if (role === 'VALIDATION') noteValidation(folder.name, found.length, taken, remarks);
    pictures.push(...found);
  }
  return pictures;
}

/** Empty where the folders are classes: `valid` alone may be one, beside `invalid` for example. */
function readRoles(folders: readonly FolderEntry[]): Map<FolderEntry, FolderRole> {
  const roles = new Map<FolderEntry, FolderRole>();
  for (const folder of folders) {
    const role = readRole(folder.name);
    if (role !== null) roles.set(folder, role);
  }
  return [...roles.values()].every((role) => role === 'VALIDATION')
    ? new Map<FolderEntry, FolderRole>()
    : roles;
}

/** A folder of pictures beside train and test may be a class, or a copy, or neither: only its owner knows. */
async function refuseBeside(
  scan: Scan,
  folders: readonly FolderEntry[],
  splits: readonly FolderEntry[],
): Promise<void> {
  for (const folder of folders) {
    const { length } = await filesBelow(scan, folder, folder.name);
    if (length === 0) {
      scan.remarks.add('EMPTY_FOLDER', folder.name);
      continue;
    }
    const beside = splits.map(({ name }) => name).join(', ');
    throw new GelqlError(
      'DATASET_INVALID',
      `${scan.directory} has the folder ${folder.name} (files: ${length}) beside ${beside}: move it into one of them or out of the data set.`,
      { facts: { folder: folder.name, files: length } },
    );
  }
}

async function scanSubset(scan: Scan, folder: FolderEntry, subset: Subset): Promise<ScannedPicture[]> {
  const inside = await readUsable(scan, folder.path, folder.name);
  if (inside.folders.length === 0 && inside.files.length > 0) {
    throw new GelqlError(
      'DATASET_INVALID',
      `${scan.directory}/${folder.name} holds ${inside.files.length} files but no class folder: put them into one folder per class, such as ${folder.name}/gel.`,
      { facts: { folder: folder.name, files: inside.files.length } },
    );
  }
  return scanClasses(scan, inside, folder.name, subset);
}

async function scanClasses(
  scan: Scan,
  { folders, files }: UsableEntries,
  above: string,
  subset: Subset,
): Promise<ScannedPicture[]> {
  noteOutside(files, above, scan.remarks);
  const pictures: ScannedPicture[] = [];
  for (const folder of folders) {
    const name = below(above, folder.name);
    const found = await filesBelow(scan, folder, name);
    if (found.length === 0) scan.remarks.add('EMPTY_FOLDER', name);
    refuseSplitInside(scan, name, found, folders.length === 1 && above === '');
    pictures.push(...found.map((picture) => ({ ...picture, className: folder.name, subset })));
  }
  return pictures;
}

/** `gel/train` and `gel/test` would be trained on as one. */
function refuseSplitInside(
  { directory }: Scan,
  className: string,
  pictures: readonly { name: string }[],
  isAlone: boolean,
): void {
  const depth = className.split('/').length;
  const split = pictures.flatMap(({ name }) => {
    const parts = name.split('/');
    const folder = parts.length > depth + 1 ? (parts[depth] ?? '') : '';
    return ['TRAIN', 'TEST'].includes(readRole(folder) ?? '') ? [folder] : [];
  })[0];
  if (split === undefined) return;
  throw new GelqlError(
    'DATASET_INVALID',
    isAlone
      ? `${directory} holds nothing but ${className}, and that holds ${split}: name ${directory}/${className} as the data set.`
      : `${directory} has ${split} inside the class ${className}: put it above the classes, as in ${split}/${className}, or rename it.`,
    { facts: { folder: `${className}/${split}` } },
  );
}

function noteOutside(files: readonly FolderEntry[], above: string, remarks: FolderRemarks): void {
  for (const { name } of files) remarks.add('OUTSIDE_CLASSES', below(above, name));
}

function noteValidation(name: string, files: number, subset: Subset, remarks: FolderRemarks): void {
  const use = subset === 'TEST' ? 'as the test' : 'for training';
  remarks.add('VALIDATION_FOLDER', `the ${files} files of ${name} ${use}`);
}

/** Two or more folders that are the same below each class may be the classes themselves. */
function noteSameFolders(pictures: readonly ScannedPicture[], remarks: FolderRemarks): void {
  const foldersOf = new Map<string, Set<string>>();
  for (const { name, className } of pictures) {
    const folders = foldersOf.get(className) ?? new Set<string>();
    const [, folder = '', ...rest] = name.split('/');
    foldersOf.set(className, folders.add(rest.length === 0 ? '' : folder));
  }
  const [first, ...others] = [...foldersOf.values()].map((folders) => [...folders].sort().join('/'));
  if (first === undefined || others.length === 0 || first.startsWith('/') || !first.includes('/')) return;
  if (others.every((folders) => folders === first)) {
    for (const name of first.split('/')) remarks.add('SAME_FOLDERS', name);
  }
}
