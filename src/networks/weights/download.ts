import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { GelqlError } from '../../errors.js';
import type { PinnedFile } from './catalog.js';
import { hashFile, sizeOf } from './file-facts.js';
import { ConnectionBroken, openTransfer, type Transfer } from './transfer.js';

/**
 * Fetches one pinned file:
 *
 *     <name>.part grows -> connection breaks -> asked for the rest (Range) -> right size -> right SHA-256 -> <name>
 *
 * Nothing carries the final name before its digest is right. A part that turns out wrong is removed; one that is merely
 * incomplete stays, and the next call goes on with it.
 */
export interface DownloadOptions {
  /** Called with the bytes that are there and the bytes of the whole file. */
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Longest silence of the server. */
  idleTimeoutMs?: number | undefined;
}

const CONNECTIONS = 5;
const IDLE_TIMEOUT_MS = 60_000;

/**
 * @param howElse ends the message of a failure: how to get the file in without this download
 * @returns the path of the complete, verified file in `folder`
 * @throws GelqlError DOWNLOAD_FAILED, WEIGHTS_DIGEST_MISMATCH, CANCELLED
 */
export async function downloadPinned(
  address: string,
  pinned: PinnedFile,
  folder: string,
  howElse: string,
  options: DownloadOptions = {},
): Promise<string> {
  const path = join(folder, pinned.fileName);
  const part = `${path}.part`;
  await mkdir(folder, { recursive: true });
  if (await isComplete(path, pinned)) return path;
  try {
    await fillPart(address, pinned, part, options);
  } catch (error) {
    throw explain(error, address, pinned, howElse, options.signal);
  }
  if ((await hashFile(part)) !== pinned.sha256) {
    await rm(part, { force: true });
    const message = `${address} sent other bytes than ${pinned.fileName} has; they were removed. ${howElse}`;
    throw new GelqlError('WEIGHTS_DIGEST_MISMATCH', message, { facts: { address, sha256: pinned.sha256 } });
  }
  await rename(part, path);
  return path;
}

async function isComplete(path: string, pinned: PinnedFile): Promise<boolean> {
  return (await sizeOf(path)) === pinned.sizeBytes && (await hashFile(path)) === pinned.sha256;
}

async function fillPart(
  address: string,
  pinned: PinnedFile,
  part: string,
  options: DownloadOptions,
): Promise<void> {
  let reason: ConnectionBroken | null = null;
  for (let connection = 0; connection < CONNECTIONS; connection += 1) {
    const start = await sizeOfPart(part, pinned);
    options.onProgress?.(start, pinned.sizeBytes);
    if (start === pinned.sizeBytes) return;
    try {
      await receive(address, pinned, part, start, options);
    } catch (error) {
      if (!(error instanceof ConnectionBroken) || options.signal?.aborted === true) throw error;
      reason = error;
      if ((await sizeOfPart(part, pinned)) <= start) throw error;
    }
  }
  if ((await sizeOfPart(part, pinned)) === pinned.sizeBytes) return;
  throw new ConnectionBroken(`the connection broke ${CONNECTIONS} times`, { cause: reason });
}

/** A part longer than the file cannot become the file. */
async function sizeOfPart(part: string, pinned: PinnedFile): Promise<number> {
  const size = (await sizeOf(part)) ?? 0;
  if (size <= pinned.sizeBytes) return size;
  await rm(part, { force: true });
  return 0;
}

async function receive(
  address: string,
  pinned: PinnedFile,
  part: string,
  start: number,
  options: DownloadOptions,
): Promise<void> {
  const idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const transfer = await openTransfer(address, pinned.sizeBytes, start, idleTimeoutMs, options.signal);
  try {
    await using handle = await open(part, transfer.start === 0 ? 'w' : 'r+');
    await writeChunks(handle, transfer, pinned, options);
  } catch (error) {
    if (error instanceof TooManyBytes) await rm(part, { force: true });
    throw error;
  } finally {
    transfer.close();
  }
}

class TooManyBytes extends Error {}

/** Writes at positions, not at the end: a second process that fetches the same file writes the same bytes. */
async function writeChunks(
  handle: FileHandle,
  transfer: Transfer,
  pinned: PinnedFile,
  options: DownloadOptions,
): Promise<void> {
  let position = transfer.start;
  for await (const chunk of transfer.chunks) {
    if (position + chunk.byteLength > pinned.sizeBytes) {
      throw new TooManyBytes(`the server sends more than the ${pinned.sizeBytes} bytes of the file`);
    }
    await writeAt(handle, chunk, position);
    position += chunk.byteLength;
    options.onProgress?.(position, pinned.sizeBytes);
  }
  await handle.sync();
  if (position < pinned.sizeBytes) throw new ConnectionBroken(`the server stopped after ${position} bytes`);
}

async function writeAt(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const { bytesWritten } = await handle.write(
      chunk,
      written,
      chunk.byteLength - written,
      position + written,
    );
    written += bytesWritten;
  }
}

function explain(
  error: unknown,
  address: string,
  pinned: PinnedFile,
  howElse: string,
  signal: AbortSignal | undefined,
): GelqlError {
  if (signal?.aborted === true) {
    return new GelqlError('CANCELLED', `The download of ${pinned.fileName} was stopped; it resumes.`, {
      cause: error,
    });
  }
  const reason = isNativeError(error) ? error.message : String(error);
  return new GelqlError(
    'DOWNLOAD_FAILED',
    `${pinned.fileName} could not be fetched from ${address}: ${reason}. ${howElse}`,
    { cause: error, facts: { address, file: pinned.fileName } },
  );
}
