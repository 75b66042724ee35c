import { fork } from 'node:child_process';
import { isNativeError } from 'node:util/types';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { entryBeside } from './entry-beside.js';
import type { LaneMessage } from './messages.js';
import { ownArrays } from './own-arrays.js';
import type { Entry } from './worker-entry.js';

/** The way to one worker, a thread of this process or a process of its own. */
export interface Channel {
  kind: 'thread' | 'process';
  /** Process id; null for a thread, and for a process that did not start. */
  pid: number | null;
  /**
   * @param isHandedOver the arrays of the message may be taken from the caller instead of copied
   * @throws where the message holds what cannot be sent; nothing was sent then
   */
  send(message: LaneMessage, isHandedOver?: boolean): void;
  /** Ends the worker, a process whatever it is doing; resolves when it has ended. */
  end(): Promise<void>;
}

export interface ChannelEvents {
  /** In order; unchecked. */
  onMessage: (message: unknown) => void;
  /** Once, after the last message. @param reason how it ended, and what it said about it */
  onEnd: (reason: string) => void;
}

/** Starts a worker. Never throws: one that cannot be started ends. */
export type OpenChannel = (events: ChannelEvents) => Channel;

export interface WorkerOptions {
  /** The worker's module, which exports `createTasks`. */
  entry: Entry;
  /** Given to `createTasks`. */
  settings?: unknown;
}

/** The end of what a dying process said. */
const MAX_LAST_WORDS = 300;

/** Workers that are threads of this process. A thread inside a native library ends when the library lets it go. */
export function inThread({
  entry,
  settings,
  resourceLimits,
}: WorkerOptions & { resourceLimits?: ResourceLimits }): OpenChannel {
  return ({ onMessage, onEnd }) => {
    const { file, options } = hostOf(entry);
    const worker = new Worker(file, { ...options, ...(resourceLimits && { resourceLimits }) });
    let reason: string | null = null;
    worker.on('message', onMessage);
    worker.on('error', (error: unknown) => {
      reason = isNativeError(error) ? error.message : String(error);
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.once('exit', (code) => onEnd(reason ?? `it ended with code ${code}`));
    worker.postMessage({ kind: 'start', module: entry.file, settings } satisfies LaneMessage);
    return {
      kind: 'thread',
      pid: null,
      send(message, isHandedOver = false) {
        const { value, memory } = ownArrays(message, isHandedOver);
        worker.postMessage(value, memory);
      },
      async end() {
        void worker.terminate();
        await ended;
      },
    };
  };
}

/** Workers that are processes: they can be killed, and have an environment of their own where one is given. */
export function inProcess({
  entry,
  settings,
  environment,
}: WorkerOptions & { environment?: NodeJS.ProcessEnv | undefined }): OpenChannel {
  return ({ onMessage, onEnd }) => {
    const { file, options } = hostOf(entry);
    const child = fork(file, [], {
      ...options,
      ...(environment && { env: environment }),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-MAX_LAST_WORDS);
    });
    child.on('message', onMessage);
    const ended = new Promise<string>((resolve) => {
      // `close` comes after the last message and the last of stderr, `exit` may come before them.
      child.once('close', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
      // There at any time: an error without a listener is thrown.
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    void ended.then((how) => onEnd(lastWords.trim() === '' ? how : `${how}. It said: ${lastWords.trim()}`));
    // What cannot be sent to a dying process needs no answer: its end follows.
    const send = (message: LaneMessage) => void child.send(message, () => undefined);
    send({ kind: 'start', module: entry.file, settings });
    return {
      kind: 'process',
      pid: child.pid ?? null,
      send,
      async end() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  };
}

/** The host that loads the worker's module, with the flags that make both loadable. */
function hostOf(entry: Entry): { file: string; options: { execArgv?: string[] } } {
  const host = entryBeside(import.meta.url, 'worker-host');
  const execArgv = entry.execArgv ?? host.execArgv;
  return { file: host.file, options: execArgv === null ? {} : { execArgv } };
}
