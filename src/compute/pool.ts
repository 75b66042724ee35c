import { isNativeError } from 'node:util/types';
import { abortError, deserializeError, GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { createFairScheduler } from './fair-scheduler.js';
import { PRIORITIES, PRIORITY_WEIGHTS, type Priority } from '../words/priority.js';
import { createProcessRunner } from './process-runner.js';
import type { Payload, Runner, RunnerTask } from './runner.js';
import { createControl, hasStarted, type ResponseMessage } from './task-envelope.js';
import { createThreadRunner, type ThreadOptions } from './thread-runner.js';

/*
 * Worker threads of one kind, or processes with one each, with a queue of our own in front of them: piscina would end a
 * running thread on abort.
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

export interface PoolOptions extends ThreadOptions {
  /** For messages, for example `serving tensorflow`. */
  name: string;
  logger: Logger;
  /** Longest wait for running tasks in `close`. */
  closeTimeoutMs?: number;
  /** Each thread gets a process to itself, with this environment; absent: threads of this process. */
  processEnvironment?: NodeJS.ProcessEnv | undefined;
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

interface Job extends RunOptions, RunnerTask {
  priority: Priority;
  onProgress?: RunOptions['onProgress'];
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export function createPool(options: PoolOptions): Pool {
  const waiting: Record<Priority, Job[]> = { INTERACTIVE: [], BULK: [] };
  const scheduler = createFairScheduler(options.threads);
  const running = new Map<Job, Promise<() => void>>();
  let runner: Runner | null = null;
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
    if (place < 0) return runner?.cancel(job);
    queue.splice(place, 1);
    job.reject(abortError(signal));
  }

  async function startNext(queue: Job[]): Promise<() => void> {
    const job = queue.shift();
    if (job === undefined) return () => undefined;
    runner ??= startRunner(options, withdrawUnstarted);
    const run = runJob(runner, job);
    running.set(job, run);
    return run;
  }

  /** @returns what tells the caller */
  async function runJob(chosen: Runner, job: Job): Promise<() => void> {
    const settle = await chosen.run(job).then(
      (response) => () => (response.ok ? job.resolve(response.value) : job.reject(restoreError(response))),
      (cause: unknown) => {
        const error = isClosing
          ? shuttingDown()
          : explainRejection(cause, job, `${options.name} ${chosen.kind}`);
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
    await runner?.destroy();
    await Promise.all(running.values());
  }

  const countWaiting = () => waiting.INTERACTIVE.length + waiting.BULK.length;
  return { run, close, load: () => ({ waiting: countWaiting(), running: running.size }) };
}

function startRunner(options: PoolOptions, onIdleThreadDeath: (cause: unknown) => void): Runner {
  const { processEnvironment: environment } = options;
  return environment === undefined
    ? createThreadRunner(options, onIdleThreadDeath)
    : createProcessRunner({ ...options, environment });
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

/** Keeps the worker's stack as the cause, for the log. */
function restoreError({ error, stack }: Extract<ResponseMessage, { ok: false }>): GelqlError {
  const restored = deserializeError(error);
  return new GelqlError(restored.code, restored.message, { facts: restored.facts, cause: stack });
}

/** @param place for example `serving tensorflow thread` */
function explainRejection(cause: unknown, job: Job, place: string): GelqlError {
  if (cause instanceof DOMException) {
    return new GelqlError('INTERNAL', `The input of ${job.task} cannot be sent to a thread.`, { cause });
  }
  const reason = describe(job.withdrawal.signal.aborted ? job.withdrawal.signal.reason : cause);
  return hasStarted(job.control)
    ? new GelqlError('WORKER_CRASHED', `The ${place} ended during ${job.task}: ${reason}`, { cause })
    : new GelqlError('SETUP_FAILED', `The ${place} could not load ${job.task}: ${reason}`, { cause });
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
