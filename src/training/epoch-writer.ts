import type { EpochProgress } from '../compute/protocol.js';

/** Epochs in one statement, at most. */
const EPOCHS_PER_WRITE = 500;

export interface EpochWriter {
  /** Takes an epoch; it is stored as soon as the write before it is done. */
  add(epoch: EpochProgress): void;
  /** Aborted with the error when epochs could not be stored. */
  readonly failed: AbortSignal;
  /** Resolves when everything is stored. @throws what `store` threw */
  finish(): Promise<void>;
  /** Drops what is not stored yet and resolves when nothing is being written any more. */
  discard(): Promise<void>;
}

/**
 * Stores epochs in order beside the training. A small head has epochs faster than a database stores them one by one:
 * those that come during a write go into the next one together, so the store never falls behind.
 */
export function createEpochWriter(store: (epochs: readonly EpochProgress[]) => Promise<void>): EpochWriter {
  const failure = new AbortController();
  let pending: EpochProgress[] = [];
  let writing: Promise<void> | null = null;

  const writeAll = async (): Promise<void> => {
    try {
      while (pending.length > 0) await store(pending.splice(0, EPOCHS_PER_WRITE));
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
      await writing;
      failure.signal.throwIfAborted();
    },
    async discard() {
      pending = [];
      await writing;
    },
  };
}
