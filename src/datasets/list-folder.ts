import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isNativeError } from 'node:util/types';
import { GelqlError } from '../errors.js';

/** Bytes where the name is not UTF-8: a string would not lead back to the file. */
export type FilePath = string | Buffer;

export interface FolderEntry {
  path: FilePath;
  /** Readable, composed (NFC): two spellings of one name are one class. */
  name: string;
  isUtf8: boolean;
  kind: 'FOLDER' | 'FILE' | 'LINK' | 'OTHER';
}

/**
 * The entries of a folder in the order of their names, whatever the file system says.
 * @throws GelqlError DATASET_INVALID where the folder may not be read
 */
export async function listFolder(directory: FilePath, name: string): Promise<FolderEntry[]> {
  const entries = await readdir(directory, { withFileTypes: true, encoding: 'buffer' }).catch(
    (cause: unknown) => {
      throw unreadable(name, cause);
    },
  );
  return entries
    .map((entry): FolderEntry => ({ ...readName(directory, entry.name), kind: kindOf(entry) }))
    .sort((a, b) => byName(a.name, b.name));
}

const DENIED = 'give yourself the right to read it, or move it out of the data set';
const REMEDIES: Record<string, string | undefined> = {
  EACCES: DENIED,
  EPERM: DENIED,
  ENOENT: 'it was there a moment ago, so import again',
};

/** What the system said of a file or folder of the data set, as an error that names it. */
export function unreadable(name: string, cause: unknown): GelqlError {
  const reason = isNativeError(cause) && 'code' in cause ? String(cause.code) : String(cause);
  return new GelqlError(
    'DATASET_INVALID',
    `${name} cannot be read (${reason}): ${REMEDIES[reason] ?? 'move it out of the data set'}.`,
    { cause },
  );
}

function readName(directory: FilePath, bytes: Buffer): Omit<FolderEntry, 'kind'> {
  const text = decodeUtf8(bytes);
  if (text !== null && typeof directory === 'string') {
    return { path: join(directory, text), name: text.normalize('NFC'), isUtf8: true };
  }
  const path = Buffer.concat([Buffer.from(directory), Buffer.from(sep), bytes]);
  // Windows-1252 gives every byte a character, and the names of most Western machines their own.
  const name = (text ?? new TextDecoder('windows-1252').decode(bytes)).normalize('NFC');
  return { path, name, isUtf8: text !== null };
}

function decodeUtf8(bytes: Buffer): string | null {
  try {
    // A name may begin with what is a byte order mark elsewhere.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function kindOf(entry: {
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}): FolderEntry['kind'] {
  if (entry.isDirectory()) return 'FOLDER';
  if (entry.isFile()) return 'FILE';
  return entry.isSymbolicLink() ? 'LINK' : 'OTHER';
}

/** Numbers inside names count as numbers: gel_2 comes before gel_10. Independent of the machine's language. */
const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);
