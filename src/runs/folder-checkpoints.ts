import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import type { DatabaseScope } from '../db/client.js';
import { flushAlongside } from '../db/durable-files.js';
import { runCheckpoints } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import type { CheckpointBytes, CheckpointKey } from './checkpoint-bytes.js';

/** Files `<directory>/<run>/<SHA-256>`, of one process at a time. */
export function createFolderCheckpoints(directory: string, { drizzle }: DatabaseScope): CheckpointBytes {
  const folderOf = (runId: string) => join(directory, runId);
  const fileOf = ({ runId, sha256 }: CheckpointKey) => join(folderOf(runId), sha256);
  /** Runs whose bytes are written and whose rows may not be there yet. */
  const written = new Set<string>();

  return {
    async write(key, bytes) {
      written.add(key.runId);
      const file = fileOf(key);
      try {
        await mkdir(dirname(file), { recursive: true });
        await writeFlushed(`${file}.new`, bytes);
        await rename(`${file}.new`, file);
        for (const folder of [dirname(file), directory, dirname(directory)]) await flushAlongside(folder);
      } catch (cause) {
        await rm(`${file}.new`, { force: true }).catch(() => undefined);
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new GelqlError(
          'SETUP_FAILED',
          `${directory} takes no checkpoint of ${bytes.length} bytes: free space there, or set GELQL_DATA_DIR to a folder that can be written (${reason}).`,
          { cause },
        );
      }
    },
    read: (key) =>
      readFile(fileOf(key)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      }),
    async remove(key) {
      await rm(fileOf(key), { force: true });
      written.delete(key.runId);
    },
    async keepOnly({ runId, sha256 }) {
      const others = (await namesIn(folderOf(runId))).filter((name) => name !== sha256);
      for (const name of others) await rm(join(folderOf(runId), name), { force: true });
      written.delete(runId);
    },
    async removeUnused() {
      const runIds = (await namesIn(directory)).filter((name) => z.guid().safeParse(name).success);
      if (runIds.length === 0) return;
      const rows = await drizzle
        .select({ runId: runCheckpoints.runId })
        .from(runCheckpoints)
        .where(inArray(runCheckpoints.runId, runIds));
      const used = new Set([...written, ...rows.map(({ runId }) => runId)]);
      const unused = runIds.filter((runId) => !used.has(runId));
      for (const runId of unused) await rm(folderOf(runId), { recursive: true, force: true });
    },
  };
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

const namesIn = (directory: string): Promise<string[]> =>
  readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
