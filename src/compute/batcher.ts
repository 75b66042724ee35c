import { GelqlError } from '../errors.js';
import { INPUT_PIXELS } from '../images/picture.js';
import { joinInputs, pickRow, type BatchRow } from './batch-rows.js';
import { createServiceRate } from './service-rate.js';
import type { ExtractedFeatures } from './protocol.js';

/*
 * Joins single pictures into batches for one backbone on one engine.
 *
 *   classify() --full--> OVERLOADED
 *       |
 *       v                 a slot is idle                        executor resolves
 *    WAITING ---------------------------------> RUNNING ---------------------------> DONE (its own row)
 *       |  abort: CANCELLED                        |  abort, deadline: the caller is told at once,
 *       |  deadline: DEADLINE_EXCEEDED             |  the row is computed and thrown away
 *       v                                          |  executor rejects: that batch's callers only
 *    DROPPED (never executed)                      v
 *                                               FAILED
 *
 * A batch starts as soon as a slot is idle, so a lone picture never waits; batches form by themselves while all slots
 * are busy. The price: the first of a burst travels alone. `maxDelayMs` above 0 trades that latency for fuller batches.
 */

export interface BatcherOptions {
  /** Runs one batch: inputs [count, 224, 224]. */
  execute: (inputs: Uint8Array, count: number, options: { lastMaps: boolean }) => Promise<ExtractedFeatures>;
  /** Batches that may run at once: the engine workers behind `execute`. */
  concurrency: number;
  maxBatch: number;
  /** Pictures that may wait or run at once; more are refused. */
  maxPending: number;
  /** Longest time that a batch which is not full waits for company while a slot is idle; 0 = never waits. */
  maxDelayMs?: number;
}

export interface ClassifyOptions {
  /** Also return the last feature maps of this picture. */
  lastMaps?: boolean;
  signal?: AbortSignal | undefined;
  /** Time budget from the call to the answer, in milliseconds. */
  deadlineMs?: number | undefined;
}

export interface BatchedFeatures extends BatchRow {
  /** From the call to the start of its batch. */
  queueMs: number;
}

export interface Batcher {
  /**
   * @param input one grey raster [224, 224]; not to be changed before the answer.
   * @throws GelqlError OVERLOADED (facts.retryAfterSeconds), DEADLINE_EXCEEDED, CANCELLED, SHUTTING_DOWN, or what the
   * executor rejects with
   */
  classify(input: Uint8Array, options?: ClassifyOptions): Promise<BatchedFeatures>;
  /** Pictures now, and the measured service time; null before the first batch has ended. */
  load(): { waiting: number; running: number; msPerPicture: number | null };
  /** Refuses new pictures and resolves when the accepted ones are settled. */
  close(): Promise<void>;
}

interface Entry {
  input: Uint8Array;
  lastMaps: boolean;
  submittedAt: number;
  isSettled: boolean;
  resolve: (row: BatchedFeatures) => void;
  reject: (error: unknown) => void;
}

export function createBatcher(options: BatcherOptions): Batcher {
  const { execute, concurrency, maxBatch, maxPending, maxDelayMs = 0 } = options;
  const waiting: Entry[] = [];
  const rate = createServiceRate();
  let runningBatches = 0;
  let runningPictures = 0;
  let delayTimer: NodeJS.Timeout | undefined;
  let closed: { promise: Promise<void>; resolve: () => void } | null = null;

  async function classify(input: Uint8Array, wanted: ClassifyOptions = {}): Promise<BatchedFeatures> {
    admit(input, wanted.signal);
    return new Promise((resolve, reject) => {
      const entry = createEntry(input, wanted.lastMaps ?? false, resolve, reject);
      watch(entry, wanted);
      waiting.push(entry);
      startBatches();
    });
  }

  function admit(input: Uint8Array, signal: AbortSignal | undefined): void {
    if (closed !== null) throw new GelqlError('SHUTTING_DOWN', 'The server is stopping.');
    if (signal?.aborted)
      throw new GelqlError('CANCELLED', 'The caller went away before the picture was queued.');
    if (input.length !== INPUT_PIXELS) {
      throw new GelqlError('BAD_REQUEST', `A network input has ${INPUT_PIXELS} bytes, not ${input.length}.`);
    }
    const pending = waiting.length + runningPictures;
    if (pending >= maxPending) {
      throw new GelqlError('OVERLOADED', `${pending} pictures are pending; the limit is ${maxPending}.`, {
        facts: { retryAfterSeconds: rate.secondsFor(pending) },
      });
    }
  }

  /** Settles the entry early when its caller goes away or its time is over; a waiting one leaves the queue. */
  function watch(entry: Entry, { signal, deadlineMs }: ClassifyOptions): void {
    const settleEarly = (error: GelqlError) => {
      const place = waiting.indexOf(entry);
      if (place >= 0) waiting.splice(place, 1);
      entry.reject(error);
      resolveCloseWhenIdle();
    };
    const onAbort = () => settleEarly(new GelqlError('CANCELLED', 'The caller went away.'));
    const onDeadline = () =>
      settleEarly(
        new GelqlError('DEADLINE_EXCEEDED', `No answer within ${deadlineMs} ms.`, { facts: { deadlineMs } }),
      );
    const deadline = deadlineMs === undefined ? undefined : setTimeout(onDeadline, deadlineMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    const unwatch = () => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    };
    settleOnce(entry, unwatch);
  }

  function startBatches(): void {
    while (runningBatches < concurrency && waiting.length > 0) {
      if (isWorthWaiting()) return;
      clearTimeout(delayTimer);
      delayTimer = undefined;
      void runBatch(waiting.splice(0, maxBatch));
    }
  }

  function isWorthWaiting(): boolean {
    const oldest = waiting[0];
    if (maxDelayMs <= 0 || oldest === undefined || waiting.length >= maxBatch || closed !== null)
      return false;
    const leftMs = maxDelayMs - (performance.now() - oldest.submittedAt);
    if (leftMs <= 0) return false;
    // One millisecond is the shortest timer: without it a timer that fires early would be set again and again.
    delayTimer ??= setTimeout(
      () => {
        delayTimer = undefined;
        startBatches();
      },
      Math.max(1, leftMs),
    );
    return true;
  }

  async function runBatch(batch: Entry[]): Promise<void> {
    runningBatches += 1;
    runningPictures += batch.length;
    const startedAt = performance.now();
    try {
      const lastMaps = batch.some((entry) => entry.lastMaps);
      const result = await execute(joinInputs(batch), batch.length, { lastMaps });
      const rows = batch.map((entry, row) => ({
        ...pickRow(result, row, batch.length, entry.lastMaps),
        queueMs: startedAt - entry.submittedAt,
      }));
      rows.forEach((row, place) => batch[place]?.resolve(row));
      rate.record((performance.now() - startedAt) / batch.length / concurrency);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      runningBatches -= 1;
      runningPictures -= batch.length;
      startBatches();
      resolveCloseWhenIdle();
    }
  }

  function resolveCloseWhenIdle(): void {
    if (runningBatches === 0 && waiting.length === 0) closed?.resolve();
  }

  async function close(): Promise<void> {
    closed ??= createDeferred();
    startBatches();
    resolveCloseWhenIdle();
    await closed.promise;
    clearTimeout(delayTimer);
  }

  return {
    classify,
    close,
    load: () => ({ waiting: waiting.length, running: runningPictures, msPerPicture: rate.msPerPicture() }),
  };
}

function createEntry(
  input: Uint8Array,
  lastMaps: boolean,
  resolve: Entry['resolve'],
  reject: Entry['reject'],
): Entry {
  return { input, lastMaps, submittedAt: performance.now(), isSettled: false, resolve, reject };
}

/** Makes the first of resolve and reject count, and runs `cleanUp` with it. */
function settleOnce(entry: Entry, cleanUp: () => void): void {
  const { resolve, reject } = entry;
  const first =
    <T>(settle: (value: T) => void) =>
    (value: T) => {
      if (entry.isSettled) return;
      entry.isSettled = true;
      cleanUp();
      settle(value);
    };
  entry.resolve = first(resolve);
  entry.reject = first(reject);
}

function createDeferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
