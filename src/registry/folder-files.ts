import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { GelqlError } from '../errors.js';

/** Paths below a model folder, with forward slashes: never upwards, never absolute. */
export const FOLDER_PATH = /^\w[\w.-]*(\/\w[\w.-]*){0,3}$/;

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a file of a folder that somebody else wrote: a plain file inside of it, no link on the way, no larger than said.
 * @param path as FOLDER_PATH
 * @throws GelqlError MODEL_INVALID
 */
export async function readFolderFile(
  directory: string,
  path: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await using handle = await openFolderFile(directory, path);
  const { size } = await handle.stat();
  if (size > maxBytes) throw invalid(directory, path, `has ${size} bytes; ${maxBytes} are allowed`);
  const bytes = new Uint8Array(size);
  const { bytesRead } = await handle.read(bytes, 0, size, 0);
  if (bytesRead !== size) throw invalid(directory, path, 'changed while it was read');
  return bytes;
}

/** SHA-256, hex, and size, read piece by piece. Same checks. */
export async function hashFolderFile(
  directory: string,
  path: string,
  maxBytes: number,
): Promise<{ sha256: string; sizeBytes: number }> {
  await using handle = await openFolderFile(directory, path);
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, sizeBytes);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), sizeBytes };
    hash.update(chunk.subarray(0, bytesRead));
    sizeBytes += bytesRead;
    if (sizeBytes > maxBytes) throw invalid(directory, path, `has more than ${maxBytes} bytes`);
  }
}

async function openFolderFile(directory: string, path: string): Promise<FileHandle> {
  if (!FOLDER_PATH.test(path)) throw invalid(directory, path, 'is no path below the folder');
  const file = join(directory, path);
  try {
    const facts = await lstat(file);
    // Also keeps a pipe from being opened, which would wait for a writer.
    if (!facts.isFile()) throw invalid(directory, path, 'is no plain file');
    const place = join(await realpath(directory), path);
    if ((await realpath(file)) !== place) throw invalid(directory, path, 'lies behind a link');
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (cause instanceof GelqlError) throw cause;
    throw invalid(directory, path, 'cannot be read', cause);
  }
}

function invalid(directory: string, path: string, what: string, cause?: unknown): GelqlError {
  return new GelqlError('MODEL_INVALID', `${join(directory, path)} ${what}.`, { cause });
}
