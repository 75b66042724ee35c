import { statfs } from 'node:fs/promises';
import { GelqlError } from '../../errors.js';

/** @throws GelqlError SETUP_FAILED where the file system of an existing folder has less than `neededBytes` left */
export async function checkFreeSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= neededBytes) return;
  const [needed, free] = [neededBytes, freeBytes].map((bytes) => `${(bytes / 1e9).toFixed(1)} GB`);
  throw new GelqlError(
    'SETUP_FAILED',
    `${directory} has ${free} left and ${needed} are needed: make room, or name another folder in GELQL_CACHE_DIR`,
    { facts: { neededBytes, freeBytes } },
  );
}
