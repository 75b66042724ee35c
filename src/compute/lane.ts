import { abortError, deserializeError, GelqlError, type ErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';
import { PRIORITIES, PRIORITY_WEIGHTS, type Priority } from '../words/priority.js';
import { createFairScheduler } from './batching/fair-scheduler.js';
import { startWorker, type CallOptions, type LaneWorker, type WorkerTerms } from './lane-worker.js';
import type { Answer } from './messages.js';
import type { Task } from './task.js';

/*
 * Workers of one kind, threads or processes, with a queue in front of them.
 *
 *   run() --> WAITING --worker free--> RUNNING --answer--> DONE | FAILED (the task's own error)
 *                |                        |
 *                | abort: its reason      | abort: the task's signal; the caller waits until the task looks at it
 *                | close: SHUTTING_DOWN   | the worker dies: WORKER_CRASHED; it could not load its module: SETUP_FAILED
 *                                         | a limit is passed: the worker is ended, the error is the lane's owner's
 *                                         | close runs out of patience: SHUTTING_DOWN
 *
 * Which waiting task comes next is the fair scheduler's choice among the priorities; within one it is the oldest.
 * A worker is started by the task that finds all others busy, and lives on for the next one. One that dies takes its own
 * task with it; nothing is started in its place before a task needs it, so a module that cannot be loaded fails once per
 * task and nothing respawns on its own.
 */

export interface LaneOptions extends WorkerTerms {
  /** Most tasks at once. */
  workers: number;
  /** Told of workers that end while they work; absent where whoever asks tells. */
  logger?: Logger;
  /** Errors after which a worker gets no more tasks: what it holds will never work again. */
  lastWords?: readonly ErrorCode[];
  /** Longest wait for running tasks in `close`. */
  closeTimeoutMs?: number;
}

export interface RunOptions extends CallOptions {
  signal?: AbortSignal | undefined;
  /** `INTERACTIVE` where absent. */
  priority?: Priority | undefined;
}

export interface Lane {
  /**
   * @param input not to be changed before the task has a worker: a waiting task holds no copy
   * @throws GelqlError what the task throws; CANCELLED, SHUTTING_DOWN, WORKER_CRASHED, SETUP_FAILED; of `explainOverrun`
   */
  run<Input, Output>(task: Task<Input, Output>, input: Input, options?: RunOptions): Promise<Output>;
  load(): { waiting: number; running: number };
  /** Refuses new tasks, rejects waiting ones, waits for running ones (bounded), ends the workers. */
  close(): Promise<void>;
}

const DEFAULT_CLOSE_TIMEOUT_MS = 10_000;

interface Job extends RunOptions {
  task: string;
  input: unknown;
  priority: Priority;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

interface Run {
  worker: LaneWorker;
  done: Promise<() => void>;
}

export function createLane(options: LaneOptions): Lane {
  const { name, logger, lastWords = [], closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
  const waiting: Record<Priority, Job[]> = { INTERACTIVE: [], BULK: [] };
  const scheduler = createFairScheduler(options.workers);
  const living = new Set<LaneWorker>();
  const idle = new Set<LaneWorker>();
  const running = new Map<Job, Run>();
  let isClosing = false;

  for (const priority of PRIORITIES) {
    scheduler.addFlow({
      weight: PRIORITY_WEIGHTS[priority],
      isReady: () => !isClosing && waiting[priority].length > 0,
      start: () => startNext(waiting[priority]),
    });
  }

  async function run<Input, Output>(
    task: Task<Input, Output>,
    input: Input,
    runOptions: RunOptions = {},
  ): Promise<Output> {
    const { signal, priority = 'INTERACTIVE' } = runOptions;
    if (isClosing) throw shuttingDown();
    if (signal?.aborted) throw abortError(signal);
    const output = await new Promise((resolve, reject) => {
      const job: Job = { ...runOptions, task: task.name, input, priority, resolve, reject };
      if (signal !== undefined) cancelOnAbort(job, signal);
      waiting[priority].push(job);
      scheduler.wake();
    });
    return task.parseOutput(output);
  }

  function cancelOnAbort(job: Job, signal: AbortSignal): void {
    const { resolve, reject } = job;
    const cancel = () => {
      const queue = waiting[job.priority];
      const place = queue.indexOf(job);
      if (place < 0) return running.get(job)?.worker.cancel();
      queue.splice(place, 1);
      reject(abortError(signal));
    };
    const unwatch = () => signal.removeEventListener('abort', cancel);
    signal.addEventListener('abort', cancel, { once: true });
    job.resolve = (value) => (unwatch(), resolve(value));
    job.reject = (error) => (unwatch(), reject(error));
  }

  async function startNext(queue: Job[]): Promise<() => void> {
    const job = queue.shift();
    if (job === undefined) return () => undefined;
    const worker = takeWorker();
    const done = runJob(worker, job);
    running.set(job, { worker, done });
    return done;
  }

  function takeWorker(): LaneWorker {
    const free = [...idle].at(-1);
    if (free !== undefined) {
      idle.delete(free);
      return free;
    }
    const worker = startWorker(options, () => {
      living.delete(worker);
      idle.delete(worker);
    });
    living.add(worker);
    return worker;
  }

  /** @returns what tells the caller */
  async function runJob(worker: LaneWorker, job: Job): Promise<() => void> {
    const settle = await worker.call(job.task, job.input, job).then(
      (answer) => settleJob(worker, job, answer),
      (error: unknown) => {
        const shown = isClosing ? shuttingDown() : error;
        logger?.warn({ lane: name, task: job.task, err: error }, 'A worker could not finish its task.');
        return () => job.reject(shown);
      },
    );
    running.delete(job);
    if (living.has(worker)) idle.add(worker);
    return settle;
  }

  function settleJob(worker: LaneWorker, job: Job, answer: Answer): () => void {
    if (answer.ok) return () => job.resolve(answer.value);
    if (lastWords.includes(answer.error.code)) {
      living.delete(worker);
      void worker.end();
    }
    return () => job.reject(restoreError(answer));
  }

  async function close(): Promise<void> {
    isClosing = true;
    for (const priority of PRIORITIES) {
      for (const job of waiting[priority].splice(0)) job.reject(shuttingDown());
    }
    const runs = [...running.values()].map(({ done }) => done);
    await settleWithin(runs, closeTimeoutMs);
    await Promise.all([...living].map((worker) => worker.end()));
    await Promise.all(runs);
  }

  const countWaiting = () => waiting.INTERACTIVE.length + waiting.BULK.length;
  return { run, close, load: () => ({ waiting: countWaiting(), running: running.size }) };
}

/** Keeps the worker's stack as the cause, for the log. */
function restoreError({ error, stack }: Extract<Answer, { ok: false }>): GelqlError {
  const { code, message, facts } = deserializeError(error);
  return new GelqlError(code, message, { facts, cause: stack });
}

async function settleWithin(promises: Promise<unknown>[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled(promises), timeout]);
  clearTimeout(timer);
}

const shuttingDown = () => new GelqlError('SHUTTING_DOWN', 'The compute workers are stopping.');
