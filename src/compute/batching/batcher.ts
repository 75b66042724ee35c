import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortError, GelqlError, type ErrorCode } from '../../errors.js';
import { INPUT_PIXELS } from '../../words/picture.js';
import { joinInputs, pickRow, type BatchRow } from './batch-rows.js';
import type { FairScheduler } from './fair-scheduler.js';
import { PRIORITIES, PRIORITY_WEIGHTS, type Priority } from '../../words/priority.js';
import type { ExtractedFeatures } from '../protocol.js';

/*
 * Joins single pictures into batches for one backbone on one engine. The scheduler of the device says when a batch may
 * start; the batcher says of what: pictures of one priority, the oldest first, at most maxBatch.
 *
 *   computeFeatures()
 *       |
 *       v                 the scheduler gives a slot               executor resolves
 *    WAITING ---------------------------------> RUNNING ---------------------------> DONE (its own row)
 *       |  signal aborted (caller gone,            |  signal aborted: the caller is told at once,
 *       |  deadline): rejected with its reason     |  the row is computed and thrown away
 *       v                                          |  executor rejects: that batch's callers only
 *    DROPPED (never executed)                      |  executor's worker, card or weights are gone: once more, whole
 *                                                  v
 *                                               FAILED
 *
 * A batch starts as soon as a slot is free, so a lone picture never waits; batches form by themselves while all slots are
 * busy. The price: the first of a burst travels alone. `maxDelayMs` above 0 trades that latency for fuller batches.
 * Priorities do not share a batch: a picture that somebody waits for would take as long as the bulk that fills it up.
 */

/** What a batch can lose and be computed nevertheless, on another worker, on a new device, from weights brought back. */
export type Loss = 'thread' | 'device' | 'weights';

const REPEATED: Partial<Record<ErrorCode, Loss>> = {
  WORKER_CRASHED: 'thread',
  DEVICE_LOST: 'device',
  WEIGHTS_MISSING: 'weights',
  WEIGHTS_DIGEST_MISMATCH: 'weights',
};

export interface BatcherOptions {
  /** Shared by all batchers of a device. */
  scheduler: FairScheduler;
  /** Runs one batch: inputs [count, 224, 224]. */
  execute: (inputs: Uint8Array, count: number, options: { lastMaps: boolean }) => Promise<ExtractedFeatures>;
  maxBatch: number;
  /** Longest time that a batch which is not full waits for company while a slot is free; 0 = never waits. */
  maxDelayMs?: number;
  /** Awaited before a batch that has lost something is executed once more; what it throws ends it. */
  onLoss?: (loss: Loss, error: unknown) => void | Promise<void>;
}

export interface FeatureOptions {
  /** Also return the last feature maps of this picture. */
  lastMaps?: boolean;
  /** `INTERACTIVE` where absent. */
  priority?: Priority;
  /** Aborted when nobody waits any more; a GelqlError as its reason is what the caller gets. */
  signal?: AbortSignal | undefined;
}

export interface BatchedFeatures extends BatchRow {
  /** From the call to the start of its batch. */
  queueMs: number;
}

export interface Batcher {
  /**
   * @param input one grey raster [224, 224]; not to be changed before the answer.
   * @throws GelqlError the signal's reason or CANCELLED, SHUTTING_DOWN, or what the executor rejects with
   */
  computeFeatures(input: Uint8Array, options?: FeatureOptions): Promise<BatchedFeatures>;
  /** Pictures now. */
  load(): { waiting: number; running: number };
  /** Refuses new pictures and resolves when the accepted ones are settled. */
  close(): Promise<void>;
}

interface Entry {
  input: Uint8Array;
  lastMaps: boolean;
  submittedAt: number;
  resolve: (row: BatchedFeatures) => void;
  reject: (error: unknown) => void;
}

export function createBatcher(options: BatcherOptions): Batcher {
  const { scheduler, maxBatch, maxDelayMs = 0 } = options;
  const waiting: Record<Priority, Entry[]> = { INTERACTIVE: [], BULK: [] };
  let runningPictures = 0;
  let delayTimer: NodeJS.Timeout | undefined;
  let isClosing = false;
  let resolveClose = () => {};

  for (const priority of PRIORITIES) {
    scheduler.addFlow({
      weight: PRIORITY_WEIGHTS[priority],
      isReady: () => waiting[priority].length > 0 && !isWorthWaiting(waiting[priority]),
      start: () => runBatch(waiting[priority].splice(0, maxBatch)),
    });
  }

  async function computeFeatures(input: Uint8Array, wanted: FeatureOptions = {}): Promise<BatchedFeatures> {
    const { signal, lastMaps = false, priority = 'INTERACTIVE' } = wanted;
    if (isClosing) throw new GelqlError('SHUTTING_DOWN', 'The server is stopping.');
    if (signal?.aborted) throw abortError(signal);
    if (input.length !== INPUT_PIXELS) {
      throw new GelqlError('BAD_REQUEST', `A network input has ${INPUT_PIXELS} bytes, not ${input.length}.`);
    }
    return new Promise((resolve, reject) => {
      const entry = { input, lastMaps, submittedAt: performance.now(), resolve, reject };
      if (signal !== undefined) leaveOnAbort(entry, waiting[priority], signal);
      waiting[priority].push(entry);
      scheduler.wake();
    });
  }

  /** A waiting entry leaves the queue; one whose batch runs is told at once, and its row finds nobody. */
  function leaveOnAbort(entry: Entry, queue: Entry[], signal: AbortSignal): void {
    const { resolve, reject } = entry;
    const onAbort = () => {
      const place = queue.indexOf(entry);
      if (place >= 0) queue.splice(place, 1);
      reject(abortError(signal));
      resolveCloseWhenIdle();
    };
    const unwatch = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    entry.resolve = (row) => (unwatch(), resolve(row));
    entry.reject = (error) => (unwatch(), reject(error));
  }

  function isWorthWaiting(queue: readonly Entry[]): boolean {
    const oldest = queue[0];
    if (maxDelayMs <= 0 || oldest === undefined || queue.length >= maxBatch || isClosing) return false;
    const leftMs = maxDelayMs - (performance.now() - oldest.submittedAt);
    if (leftMs <= 0) return false;
    // One millisecond is the shortest timer: without it a timer that fires early would be set again and again.
    delayTimer ??= setTimeout(
      () => {
        delayTimer = undefined;
        scheduler.wake();
      },
      Math.max(1, leftMs),
    );
    return true;
  }

  /** Whoever is still worth waiting for sets the timer again when a slot is free. */
  function stopWaiting(): void {
    clearTimeout(delayTimer);
    delayTimer = undefined;
  }

  /** @returns what gives the callers their rows */
  async function runBatch(batch: Entry[]): Promise<() => void> {
    stopWaiting();
    runningPictures += batch.length;
    const startedAt = performance.now();
    try {
      const lastMaps = batch.some((entry) => entry.lastMaps);
      const result = await executeTwice(options, batch, lastMaps);
      const rows = batch.map((entry, row) => ({
        ...pickRow(result, row, batch.length, entry.lastMaps),
        queueMs: startedAt - entry.submittedAt,
      }));
      return () => void leave(batch, (entry, place) => entry.resolve(rows[place] as BatchedFeatures));
    } catch (error) {
      return () => void leave(batch, (entry) => entry.reject(error));
    }
  }

  /**
   * One caller in each turn of the event loop: what eight of them do with their rows keeps the main thread for 20 ms, and
   * timers and requests would wait for all of it.
   */
  async function leave(
    batch: readonly Entry[],
    settle: (entry: Entry, place: number) => void,
  ): Promise<void> {
    for (const [place, entry] of batch.entries()) {
      if (place > 0) await nextTurn();
      runningPictures -= 1;
      settle(entry, place);
    }
    resolveCloseWhenIdle();
  }

  const countWaiting = () => waiting.INTERACTIVE.length + waiting.BULK.length;

  function resolveCloseWhenIdle(): void {
    if (isClosing && runningPictures === 0 && countWaiting() === 0) resolveClose();
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      const resolveEarlier = resolveClose;
      resolveClose = () => (resolveEarlier(), resolve());
    });
    isClosing = true;
    stopWaiting();
    scheduler.wake();
    resolveCloseWhenIdle();
    await closed;
  }

  return { computeFeatures, close, load: () => ({ waiting: countWaiting(), running: runningPictures }) };
}

/**
 * A thread or a graphics card that dies takes its batch with it, and says nothing about the pictures: another thread, or
 * the engine on a new device, gets them, once. So does weights' file that is gone, if `onLoss` can bring it back.
 */
async function executeTwice(
  { execute, onLoss }: Pick<BatcherOptions, 'execute' | 'onLoss'>,
  batch: readonly Entry[],
  lastMaps: boolean,
): Promise<ExtractedFeatures> {
  const run = () => execute(joinInputs(batch), batch.length, { lastMaps });
  try {
    return await run();
  } catch (error) {
    const loss = error instanceof GelqlError ? REPEATED[error.code] : undefined;
    if (loss === undefined) throw error;
    await onLoss?.(loss, error);
    return run();
  }
}
