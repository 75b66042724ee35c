import { setImmediate, setTimeout } from 'node:timers/promises';

/** Epochs in one statement, at most. */
const EPOCHS_PER_WRITE = 500;
/**
 * From one write to the next. Each is a transaction and a message to all who follow the run; a small head has hundreds of
 * epochs a second.
 */
const PAUSE_MS = 100;

export interface EpochWriter<Epoch> {
  /** Takes an epoch; it is stored at once, or soon after the write before it. */
  add(epoch: Epoch): void;
  /** Aborted with the error when epochs could not be stored. */
  readonly failed: AbortSignal;
  /** Resolves when everything is stored. @throws what `store` threw */
  finish(): Promise<void>;
  /** Drops what is not stored yet and resolves when nothing is being written any more. */
  discard(): Promise<void>;
}

/**
 * Stores epochs in order beside the training. A small head has epochs faster than a database stores them one by one:
 * those that come between two writes are stored together, so the store never falls behind.
 */
export function createEpochWriter<Epoch>(
  store: (epochs: readonly Epoch[]) => Promise<void>,
): EpochWriter<Epoch> {
  const failure = new AbortController();
  const ending = new AbortController();
  let pending: Epoch[] = [];
  let writing: Promise<void> | null = null;

  const writeAll = async (): Promise<void> => {
    try {
      // Messages that have arrived together are delivered one by one: this lets the others in.
      await setImmediate();
      while (pending.length > 0) {
        await store(pending.splice(0, EPOCHS_PER_WRITE));
        await pauseUnless(ending.signal);
      }
    } catch (error) {
      pending = [];
      failure.abort(error);
    } finally {
      writing = null;
    }
  };

  return {
    failed: failure.signal,
    add(epoch) {
      if (failure.signal.aborted) return;
      pending.push(epoch);
      writing ??= writeAll();
    },
    async finish() {
      ending.abort();
      await writing;
      failure.signal.throwIfAborted();
    },
    async discard() {
      pending = [];
      ending.abort();
      await writing;
    },
  };
}

async function pauseUnless(signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(PAUSE_MS, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
