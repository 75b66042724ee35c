import type { MessagePort } from 'node:worker_threads';
import type { ResponseMessage } from './task-envelope.js';

/** A task's input and the memory in it that may be taken away from the caller. */
export interface Payload {
  value: unknown;
  transfer: (ArrayBuffer | MessagePort)[];
}

/** A task whose turn has come. */
export interface RunnerTask {
  /** Name of a function that the worker module exports. */
  task: string;
  preparePayload: () => Payload;
  /** [hasStarted, isCancelled]. */
  control: Int32Array;
  /** Aborted to take a task that has not begun away again. */
  withdrawal: AbortController;
  onProgress?: ((progress: unknown) => void) | undefined;
}

/** What a pool's tasks run in: threads of this process, or processes of their own. */
export interface Runner {
  kind: 'thread' | 'process';
  /**
   * Runs a task; what it reported is delivered before the answer.
   * @throws (rejects) where the thread or process died, could not load its code or cannot be given the input
   */
  run(task: RunnerTask): Promise<ResponseMessage>;
  /** Asks a running task to stop. */
  cancel(task: RunnerTask): void;
  /** Ends all of them at once. */
  destroy(): Promise<void>;
}
