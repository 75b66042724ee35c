import { Piscina } from 'piscina';
import { listenToProgress } from './progress-listener.js';
import { requestCancellation, type RequestMessage, type ResponseMessage } from './task-envelope.js';
import type { Runner, RunnerTask } from './runner.js';
import type { Entry } from './worker-entry.js';

export interface ThreadOptions {
  /** The worker module. It is named with every task, so code that cannot be loaded fails once per task. */
  entry: Entry;
  threads: number;
  /** Given to each thread at its start. */
  workerData?: unknown;
  resourceLimits?: { maxOldGenerationSizeMb?: number };
}

/** @param onIdleThreadDeath called where a thread died before it took a task */
export function createThreadRunner(
  options: ThreadOptions,
  onIdleThreadDeath: (cause: unknown) => void,
): Runner {
  const pool = startThreads(options, onIdleThreadDeath);
  return {
    kind: 'thread',
    run: (task) => post(pool, options.entry.file, task),
    cancel: ({ control }) => requestCancellation(control),
    destroy: () => pool.destroy(),
  };
}

function startThreads(
  { threads, entry, workerData, resourceLimits }: ThreadOptions,
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

async function post(
  pool: Piscina<RequestMessage, ResponseMessage>,
  filename: string,
  { task, preparePayload, control, withdrawal, onProgress }: RunnerTask,
): Promise<ResponseMessage> {
  const { value, transfer } = preparePayload();
  const listener = onProgress === undefined ? null : listenToProgress(onProgress, control);
  const request = { payload: value, control, progress: listener?.port ?? null };
  const options = { filename, name: task, signal: withdrawal.signal };
  const transferList = listener === null ? transfer : [...transfer, listener.port];
  try {
    const response = await pool.run(request, { ...options, transferList });
    return listener?.finish() ?? response;
  } finally {
    listener?.finish();
  }
}
