import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ReportedProgress } from '../runs/training-runs.js';
import type { EpochProgress } from '../words/run-event.js';

/** Epochs in one statement, at most. */
const EPOCHS_PER_WRITE = 500;
/**
 * From one write to the next. Each is a transaction and a message to all who follow the run; a small head has hundreds of
 * epochs a second.
 */
const PAUSE_MS = 100;

/** One write: how far the run is, with the epochs that end there. */
export interface RunReport {
  progress: ReportedProgress;
  epochs: EpochProgress[];
}

/** Tells the followers of one run how far it is. */
export interface RunReporter {
  /**
   * Takes the progress, and the epoch that has just ended. It is stored at once, or soon after the write before it; of what
   * comes between two writes the newest progress of each stage and all epochs are stored, in order.
   */
  report(progress: ReportedProgress, epoch?: EpochProgress): void;
  /** Aborted with the error when a report could not be stored. */
  readonly failed: AbortSignal;
  /** Resolves when everything is stored. @throws what `store` threw */
  flush(): Promise<void>;
  /** Drops what is not stored yet and resolves when nothing is being written any more. */
  close(): Promise<void>;
}

/** Stores reports beside the training, never slower than they come: those that wait are stored together. */
export function createRunReporter(store: (report: RunReport) => Promise<void>): RunReporter {
  const failure = new AbortController();
  let flushing = new AbortController();
  let isClosed = false;
  let waiting: RunReport[] = [];
  let writing: Promise<void> | null = null;

  const writeAll = async (): Promise<void> => {
    try {
      // Messages that have arrived together are delivered one by one: this lets the others in.
      await setImmediate();
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await store(next);
        await pauseUnless(flushing.signal);
      }
    } catch (error) {
      waiting = [];
      failure.abort(error);
    } finally {
      writing = null;
    }
  };

  const add = (progress: ReportedProgress, epochs: readonly EpochProgress[]): void => {
    const last = waiting.at(-1);
    if (last?.progress.stage === progress.stage && last.epochs.length + epochs.length <= EPOCHS_PER_WRITE) {
      last.progress = { ...last.progress, ...progress };
      last.epochs.push(...epochs);
    } else {
      waiting.push({ progress, epochs: [...epochs] });
    }
  };

  return {
    failed: failure.signal,
    report(progress, epoch) {
      if (isClosed || failure.signal.aborted) return;
      add(progress, epoch === undefined ? [] : [epoch]);
      writing ??= writeAll();
    },
    async flush() {
      flushing.abort();
      await writing;
      flushing = new AbortController();
      failure.signal.throwIfAborted();
    },
    async close() {
      isClosed = true;
      waiting = [];
      flushing.abort();
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
