import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort } from 'node:worker_threads';
import { GelqlError, serializeError } from '../errors.js';
import { laneMessage, type Answer, type LaneMessage, type WorkerMessage } from './messages.js';
import { ownArrays } from './own-arrays.js';
import type { CreateTasks, ServedTask } from './task.js';

/*
 * What a thread or a process of a lane starts with: it loads the worker's module and runs its tasks, one at a time, on the
 * thread that hears the lane. So a task that computes for long gives the event loop a turn between its batches, or it
 * hears of nothing.
 */

interface Call {
  cancellation: AbortController;
  listener: (body: unknown) => void;
  /** What came before the task listened. */
  early: unknown[];
}

function createHost(send: (message: WorkerMessage) => void): (message: unknown) => void {
  let loading: Promise<Map<string, ServedTask>> | null = null;
  let current: Call | null = null;

  async function load(module: string, settings: unknown): Promise<Map<string, ServedTask>> {
    const { createTasks } = (await import(pathToFileURL(module).href)) as { createTasks: CreateTasks };
    return new Map(createTasks(settings).map((task) => [task.name, task]));
  }

  async function start({ module, settings }: Extract<LaneMessage, { kind: 'start' }>): Promise<void> {
    loading = load(module, settings);
    await loading.then(
      () => send({ kind: 'ready' }),
      (error: unknown) => send({ kind: 'unusable', reason: serializeError(error).message }),
    );
  }

  async function call({ task, input }: Extract<LaneMessage, { kind: 'call' }>): Promise<void> {
    const own: Call = { cancellation: new AbortController(), listener: () => undefined, early: [] };
    own.listener = (body) => own.early.push(body);
    current = own;
    // What could not be loaded was told already.
    const tasks = await loading?.catch(() => null);
    if (!tasks) return;
    const answer = await (tasks.get(task)?.run(input, contextOf(own)) ?? refuse(task));
    current = null;
    send({ kind: 'answer', answer });
  }

  function contextOf(own: Call) {
    return {
      signal: own.cancellation.signal,
      send(body: unknown) {
        if (current === own) send({ kind: 'message', body });
      },
      onMessage(listener: (body: unknown) => void) {
        own.listener = listener;
        own.early.splice(0).forEach(listener);
      },
    };
  }

  return (received) => {
    const message = laneMessage.parse(received);
    switch (message.kind) {
      case 'start':
        return void start(message);
      case 'call':
        return void call(message);
      case 'message':
        return current?.listener(message.body);
      case 'cancel':
        return current?.cancellation.abort();
    }
  };
}

function refuse(task: string): Answer {
  const error = new GelqlError('INTERNAL', `This worker has no task ${task}.`);
  return { ok: false, error: serializeError(error) };
}

/** A process ends with its parent, at once: an ordinary exit would wait for a library that is at work. */
function runInProcess(): void {
  process.on(
    'message',
    createHost((message) => void process.send?.(message)),
  );
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // What stops a server stops its whole group; the server still finishes what it has accepted, with its workers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

if (isMainThread) runInProcess();
else {
  const receive = createHost((message) => {
    const { value, memory } = ownArrays(message, true);
    parentPort?.postMessage(value, memory);
  });
  parentPort?.on('message', receive);
}
