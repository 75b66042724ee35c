import { isNativeError } from 'node:util/types';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { abortError, deserializeError, GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { createFairScheduler } from './fair-scheduler.js';
import { PRIORITIES, PRIORITY_WEIGHTS, type Priority } from './priority.js';
import { listenToProgress } from './progress-listener.js';
import { createControl, hasStarted, requestCancellation } from './task-envelope.js';
import type { RequestMessage, ResponseMessage } from './task-envelope.js';
import type { Entry } from './worker-entry.js';

/*
 * Worker threads of one kind, with a queue of our own in front of piscina, which would end a running thread on abort.
 *
 *   run() --> WAITING --thread free--> RUNNING --answer--> DONE | FAILED (the task's own error)
 *                |                        |
 *                | abort: its reason      | abort: the task's flag is raised; the caller waits until the task looks at it
 *                | close: SHUTTING_DOWN   | thread dies: WORKER_CRASHED; close runs out of patience: SHUTTING_DOWN
 *                                         | the code cannot be loaded: SETUP_FAILED
 *
 * Which waiting task comes next is the fair scheduler's choice among the priorities; within one it is the oldest.
 * A dead thread fails the one task that it had; the next task starts a new thread. Threads are given no module at start
 * (it is named with every task), so code that cannot be loaded fails once per task and nothing respawns on its own.
 */

export interface PoolOptions {
  /** For messages, for example `serving tensorflow`. */
  name: string;
  entry: Entry;
  threads: number;
  logger: Logger;
  /** Given to each thread at its start. */
  workerData?: unknown;
  /** Longest wait for running tasks in `close`. */
  closeTimeoutMs?: number;
  resourceLimits?: { maxOldGenerationSizeMb?: number };
}

/** A task's input and the memory in it that the pool may take away from the caller. */
export interface Payload {
  value: unknown;
  transfer: (ArrayBuffer | MessagePort)[];
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** `INTERACTIVE` where absent. */
  priority?: Priority | undefined;
  /** Called with everything that the task reports, always before the task settles. */
  onProgress?: ((progress: unknown) => void) | undefined;
}

export interface Pool {
  /**
   * @param task name of a function that the entry exports
   * @param preparePayload called when a thread is free, so that a waiting task holds no copy of its input
   * @throws GelqlError what the task throws; CANCELLED, SHUTTING_DOWN, WORKER_CRASHED, SETUP_FAILED
   */
  run(task: string, preparePayload: () => Payload, options?: RunOptions): Promise<unknown>;
  load(): { waiting: number; running: number };
  /** Refuses new tasks, rejects waiting ones, waits for running ones (bounded), ends the threads. */
  close(): Promise<void>;
}

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

interface Job extends RunOptions {
  priority: Priority;
  task: string;
  preparePayload: () => Payload;
  control: Int32Array;
  /** Takes a job that has not begun away from piscina. */
  withdrawal: AbortController;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export function createPool(options: PoolOptions): Pool {
  const waiting: Record<Priority, Job[]> = { INTERACTIVE: [], BULK: [] };
  const scheduler = createFairScheduler(options.threads);
  const running = new Map<Job, Promise<() => void>>();
  let threads: Piscina<RequestMessage, ResponseMessage> | null = null;
  let isClosing = false;

  for (const priority of PRIORITIES) {
    scheduler.addFlow({
      weight: PRIORITY_WEIGHTS[priority],
      isReady: () => !isClosing && waiting[priority].length > 0,
      start: () => startNext(waiting[priority]),
    });
  }

  function run(task: string, preparePayload: () => Payload, runOptions: RunOptions = {}): Promise<unknown> {
    if (isClosing) return Promise.reject(shuttingDown());
    if (runOptions.signal?.aborted) return Promise.reject(abortError(runOptions.signal));
    const { priority = 'INTERACTIVE' } = runOptions;
    return new Promise((resolve, reject) => {
      const request = { ...runOptions, task, preparePayload, priority };
      waiting[priority].push(createJob(request, resolve, reject, cancel));
      scheduler.wake();
    });
  }

  function cancel(job: Job, signal: AbortSignal): void {
    const queue = waiting[job.priority];
    const place = queue.indexOf(job);
    if (place < 0) return requestCancellation(job.control);
    queue.splice(place, 1);
    job.reject(abortError(signal));
  }

  async function startNext(queue: Job[]): Promise<() => void> {
    const job = queue.shift();
    if (job === undefined) return () => undefined;
    threads ??= startThreads(options, withdrawUnstarted);
    const run = runJob(threads, job);
    running.set(job, run);
    return run;
  }

  /** @returns what tells the caller */
  async function runJob(pool: Piscina<RequestMessage, ResponseMessage>, job: Job): Promise<() => void> {
    const settle = await post(pool, options.entry.file, job).then(
      (response) => () => (response.ok ? job.resolve(response.value) : job.reject(restoreError(response))),
      (cause: unknown) => {
        const error = isClosing ? shuttingDown() : explainRejection(cause, job, options.name);
        options.logger.warn({ pool: options.name, task: job.task, cause: String(cause) }, error.message);
        return () => job.reject(error);
      },
    );
    running.delete(job);
    return settle;
  }

  /** A thread died before it took a task: piscina would let the task that it was started for wait for ever. */
  function withdrawUnstarted(cause: unknown): void {
    for (const job of running.keys()) if (!hasStarted(job.control)) job.withdrawal.abort(cause);
  }

  async function close(): Promise<void> {
    isClosing = true;
    for (const priority of PRIORITIES) {
      for (const job of waiting[priority].splice(0)) job.reject(shuttingDown());
    }
    await settleWithin([...running.values()], options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS);
    await threads?.destroy();
    await Promise.all(running.values());
  }

  const countWaiting = () => waiting.INTERACTIVE.length + waiting.BULK.length;
  return { run, close, load: () => ({ waiting: countWaiting(), running: running.size }) };
}

function createJob(
  request: RunOptions & Pick<Job, 'task' | 'preparePayload' | 'priority'>,
  resolve: Job['resolve'],
  reject: Job['reject'],
  cancel: (job: Job, signal: AbortSignal) => void,
): Job {
  const { signal } = request;
  const onAbort = () => signal && cancel(job, signal);
  const unwatch = () => signal?.removeEventListener('abort', onAbort);
  const job: Job = {
    ...request,
    control: createControl(),
    withdrawal: new AbortController(),
    resolve: (value) => (unwatch(), resolve(value)),
    reject: (error) => (unwatch(), reject(error)),
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return job;
}

function startThreads(
  { threads, entry, workerData, resourceLimits }: PoolOptions,
  onIdleThreadDeath: (cause: unknown) => void,
): Piscina<RequestMessage, ResponseMessage> {
  const pool = new Piscina<RequestMessage, ResponseMessage>({
    minThreads: 0,
    maxThreads: threads,
    workerData,
    // A thread holds weights that took seconds to load: it stays.
    idleTimeout: Infinity,
    // Piscina's Atomics.wait would freeze the event loop of an idle thread, and with it what native engines still have to do.
    atomics: 'disabled',
    ...(entry.execArgv === null ? {} : { execArgv: entry.execArgv }),
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
  pool.on('error', onIdleThreadDeath);
  return pool;
}

/** Runs one task; what it reported is delivered before the answer. */
async function post(
  pool: Piscina<RequestMessage, ResponseMessage>,
  filename: string,
  job: Job,
): Promise<ResponseMessage> {
  const { value, transfer } = job.preparePayload();
  const listener = job.onProgress === undefined ? null : listenToProgress(job.onProgress, job.control);
  const request = { payload: value, control: job.control, progress: listener?.port ?? null };
  const options = { filename, name: job.task, signal: job.withdrawal.signal };
  const transferList = listener === null ? transfer : [...transfer, listener.port];
  try {
    const response = await pool.run(request, { ...options, transferList });
    return listener?.finish() ?? response;
  } finally {
    listener?.finish();
  }
}

/** Keeps the worker's stack as the cause, for the log. */
function restoreError({ error, stack }: Extract<ResponseMessage, { ok: false }>): GelqlError {
  const restored = deserializeError(error);
  return new GelqlError(restored.code, restored.message, { facts: restored.facts, cause: stack });
}

function explainRejection(cause: unknown, job: Job, pool: string): GelqlError {
  if (cause instanceof DOMException) {
    return new GelqlError('INTERNAL', `The input of ${job.task} cannot be sent to a thread.`, { cause });
  }
  const reason = describe(job.withdrawal.signal.aborted ? job.withdrawal.signal.reason : cause);
  return hasStarted(job.control)
    ? new GelqlError('WORKER_CRASHED', `The ${pool} thread ended during ${job.task}: ${reason}`, { cause })
    : new GelqlError('SETUP_FAILED', `The ${pool} thread could not load ${job.task}: ${reason}`, { cause });
}

function describe(cause: unknown): string {
  return isNativeError(cause) ? cause.message : String(cause);
}

async function settleWithin(promises: Promise<unknown>[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(promises), timeout]);
  clearTimeout(timer);
}

const shuttingDown = () => new GelqlError('SHUTTING_DOWN', 'The compute threads are stopping.');
