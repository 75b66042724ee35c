import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

interface NodeStream {
  nfd: number;
}

/**
 * PGlite's folder on disk, with an fsync that reaches the disk. PGlite runs with fsync off, and its file layer has
 * none: PostgreSQL's request to flush is answered without doing anything. Here the missing operation is added;
 * `durableStartParams` make PostgreSQL use it. Measured: 0.6 ms instead of 0.35 ms for an insert, one fsync each.
 */
export class DurableFiles extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const addFsync: NonNullable<typeof options.preRun>[number] = (module) => {
      const files = module.NODEFS as { stream_ops: { fsync?: (stream: NodeStream) => number } };
      files.stream_ops.fsync = (stream) => {
        fsyncSync(stream.nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } };
  }
}

/** `fsync`, because the default, fdatasync, has no implementation below that could be completed. */
export const durableStartParams = PGlite.defaultStartParams.flatMap((param) =>
  param === '-F' ? ['-c', 'fsync=on', '-c', 'wal_sync_method=fsync'] : [param],
);

/** Files that are flushed at once: the disk confirms several together in about the time of one. */
const FLUSHED_TOGETHER = 32;

/** Flushes every file and folder below `directory`, and the folder itself. */
export async function flushTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true });
  const paths = [...entries.map((name) => join(directory, name)), directory];
  for (let start = 0; start < paths.length; start += FLUSHED_TOGETHER) {
    await Promise.all(paths.slice(start, start + FLUSHED_TOGETHER).map(flushAlongside));
  }
}

async function flushAlongside(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

export function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
