import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { judgeName } from './folder-names.js';
import type { FolderRemarks } from './folder-remarks.js';
import { listFolder, type FilePath, type FolderEntry } from './list-folder.js';

/** One folder of the command line while it is read. */
export interface Scan {
  directory: string;
  /** Real, so that a link that leads out of it can be told. */
  root: string;
  remarks: FolderRemarks;
}

export interface ScannedFile {
  path: FilePath;
  /** Below the folder of the command line. */
  name: string;
}

/** Files below a class folder, in all its folders. */
export async function filesBelow(
  scan: Scan,
  folder: Pick<FolderEntry, 'path'>,
  name: string,
): Promise<ScannedFile[]> {
  const { entries } = await readUsable(scan, folder.path, name);
  const found: ScannedFile[] = [];
  for (const entry of entries) {
    const entryName = below(name, entry.name);
    if (entry.kind === 'FOLDER') found.push(...(await filesBelow(scan, entry, entryName)));
    else found.push({ path: entry.path, name: entryName });
  }
  return found;
}

export interface UsableEntries {
  /** Both, in the order of the names. */
  entries: FolderEntry[];
  folders: FolderEntry[];
  files: FolderEntry[];
}

/** A folder's entries without those that cannot hold a picture; each of these is remarked on. */
export async function readUsable(
  { root, remarks }: Scan,
  path: FilePath,
  name: string,
): Promise<UsableEntries> {
  const entries: FolderEntry[] = [];
  for (const entry of await listFolder(path, name === '' ? root : name)) {
    const entryName = below(name, entry.name);
    const fault = judgeName(entry) ?? (await judgeKind(root, entry));
    if (fault !== null) {
      remarks.add(fault, entryName);
      continue;
    }
    if (!entry.isUtf8) remarks.add('NOT_UTF8', entryName);
    entries.push(entry);
  }
  const isFolder = ({ kind }: FolderEntry) => kind === 'FOLDER';
  return {
    entries,
    folders: entries.filter(isFolder),
    files: entries.filter((entry) => !isFolder(entry)),
  };
}

async function judgeKind(root: string, { kind, path }: FolderEntry): Promise<'LINK' | 'SPECIAL_FILE' | null> {
  if (kind === 'OTHER') return 'SPECIAL_FILE';
  return kind === 'LINK' && !(await leadsToFileIn(root, path)) ? 'LINK' : null;
}

async function leadsToFileIn(root: string, link: FilePath): Promise<boolean> {
  try {
    const target = await realpath(link, 'buffer');
    return target.indexOf(root + sep) === 0 && (await stat(target)).isFile();
  } catch (error) {
    // It leads nowhere, in a circle, or where this user may not look.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'].includes(code)) return false;
    throw error;
  }
}

export function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
