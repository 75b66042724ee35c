import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What stays after a clean-up: below the limit, so that the next file does not start another one. */
const KEPT_SHARE = 0.9;
/** A temporary file this old was left by a process that died. */
const ABANDONED_MS = 60 * 60 * 1000;
/** How much other processes may have added unseen before the folder is counted again, as a share of the limit. */
const RECOUNT_SHARE = 0.1;

export interface DiskBudget {
  /** Notes a new file; cleans up where the folder has outgrown its limit. */
  add(sizeBytes: number): Promise<void>;
}

interface StoredFile {
  path: string;
  sizeBytes: number;
  usedAtMs: number;
}

/**
 * Keeps a folder of files within `maxBytes` by removing those that were used least recently (their modification time).
 * The folder is counted when this process writes its first file and then after every tenth of the limit that it writes;
 * between two counts the folder can outgrow the limit by what other processes add.
 */
export function createDiskBudget(directory: string, maxBytes: number): DiskBudget {
  let countedBytes: number | null = null;
  let addedBytes = 0;
  let cleaning: Promise<void> | null = null;

  async function cleanUp(): Promise<void> {
    const files = (await listFiles(directory)).sort((left, right) => left.usedAtMs - right.usedAtMs);
    let totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const isOver = totalBytes > maxBytes;
    for (const { path, sizeBytes, usedAtMs } of files) {
      const isAbandoned = path.endsWith('.tmp') && Date.now() - usedAtMs > ABANDONED_MS;
      if (!isAbandoned && !(isOver && totalBytes > KEPT_SHARE * maxBytes)) continue;
      await rm(path, { force: true });
      totalBytes -= sizeBytes;
    }
    countedBytes = totalBytes;
    addedBytes = 0;
  }

  return {
    async add(sizeBytes) {
      addedBytes += sizeBytes;
      const isDue =
        countedBytes === null ||
        countedBytes + addedBytes > maxBytes ||
        addedBytes > RECOUNT_SHARE * maxBytes;
      if (!isDue) return;
      cleaning ??= cleanUp().finally(() => {
        cleaning = null;
      });
      await cleaning;
    },
  };
}

/** Files that another process removes meanwhile are left out. */
async function listFiles(directory: string): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => null);
    if (found?.isFile()) files.push({ path, sizeBytes: found.size, usedAtMs: found.mtimeMs });
  }
  return files;
}
