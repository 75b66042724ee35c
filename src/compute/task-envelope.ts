import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { GelqlError, serializeError, type SerializedError } from '../errors.js';

/** Main thread -> worker. */
export interface RequestMessage {
  payload: unknown;
  /** Shared by both sides: [hasStarted, isCancelled]. */
  control: Int32Array;
  /** Where the task reports its progress; null where nobody listens. */
  progress: MessagePort | null;
}

/**
 * Worker -> main thread. An error is a value here: structured cloning keeps nothing but name, message and stack of an
 * Error, so what does reject is always a thread that died or could not load its code.
 */
export type ResponseMessage =
  { ok: true; value: unknown } | { ok: false; error: SerializedError; stack: string | undefined };

const HAS_STARTED = 0;
const IS_CANCELLED = 1;

export function createControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

export function hasStarted(control: Int32Array): boolean {
  return Atomics.load(control, HAS_STARTED) === 1;
}

export function markStarted(control: Int32Array): void {
  Atomics.store(control, HAS_STARTED, 1);
}

export function requestCancellation(control: Int32Array): void {
  Atomics.store(control, IS_CANCELLED, 1);
}

/** What a task can ask for and tell while it runs. */
export interface TaskContext {
  isCancelled: () => boolean;
  report: (progress: unknown) => void;
}

/** A task as piscina calls it inside the worker. */
export type ServedTask = (request: RequestMessage) => Promise<unknown>;

/**
 * Makes a worker function of a task.
 * @param parse checks the payload and gives it a type; throws GelqlError
 * @param execute throws GelqlError where it can say what is wrong
 * @param listBuffers memory of the result that is handed over instead of copied
 */
export function serveTask<Payload, Value>(
  parse: (payload: unknown) => Payload,
  execute: (payload: Payload, context: TaskContext) => Promise<Value>,
  listBuffers: (value: Value) => (ArrayBufferView | undefined)[] = () => [],
): ServedTask {
  return async ({ payload, control, progress }) => {
    markStarted(control);
    const isCancelled = () => Atomics.load(control, IS_CANCELLED) === 1;
    try {
      if (isCancelled()) throw new GelqlError('CANCELLED', 'The task was cancelled before it started.');
      const context = { isCancelled, report: (message: unknown) => progress?.postMessage(message) };
      const value = await execute(parse(payload), context);
      return handOver({ ok: true, value }, listBuffers(value));
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      return { ok: false, error: serializeError(error), stack } satisfies ResponseMessage;
    } finally {
      progress?.close();
    }
  };
}

function handOver(response: ResponseMessage, views: (ArrayBufferView | undefined)[]): unknown {
  const buffers = new Set(views.flatMap((view) => (view === undefined ? [] : [view.buffer])));
  return move({ [transferableSymbol]: [...buffers], [valueSymbol]: response });
}

/**
 * The same values in memory of their own. An engine may answer with a window into a larger pool or into WebAssembly
 * memory, which can be neither handed over nor cloned without the rest of it.
 */
export function ownMemory(values: Float32Array): Float32Array {
  return values.byteLength === values.buffer.byteLength ? values : values.slice();
}
