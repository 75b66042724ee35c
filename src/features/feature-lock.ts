import { setTimeout } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { tryLock, type Lock } from './lock.js';
import { GelqlError } from '../errors.js';

/** From one look at a lock that is held to the next. */
const LOOK_AGAIN_MS = 100;
/** A holder that hangs must not hold up everybody: after three touches that were missed its work is done twice. */
const SILENT_MS = 35_000;

/*
 *   free, released, holder dead or silent -> held -> released
 *   held by another caller, of this process or another -> wait, look again -> held
 *
 * The lock only saves work, what it guards is safe without it: where it cannot be taken at all (a full or read-only disk)
 * the work is done without.
 */

/**
 * Runs `work` while nobody else holds the lock of `directory`.
 * @throws GelqlError CANCELLED through `signal` while it waits
 */
export async function withFeatureLock<T>(
  directory: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await waitForLock(directory, signal);
  try {
    return await work();
  } finally {
    await lock?.release().catch(ignoreFileSystem);
  }
}

async function waitForLock(directory: string, signal: AbortSignal): Promise<Lock | null> {
  for (;;) {
    if (signal.aborted)
      throw new GelqlError('CANCELLED', 'The run was cancelled while it waited for features.');
    const attempt = await tryLock(directory, 'features', { silentMs: SILENT_MS }).catch(ignoreFileSystem);
    if (attempt === null) return null;
    if (attempt.lock !== null) return attempt.lock;
    await setTimeout(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

function ignoreFileSystem(error: unknown): null {
  if (isNativeError(error) && 'syscall' in error) return null;
  throw error;
}
