import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ErrorCode } from '../errors.js';
import type { HostMessage, HostRequest } from './engine-host-messages.js';
import { bridgePorts, separatePorts } from './port-bridge.js';
import { deliverProgress } from './progress-listener.js';
import type { Runner, RunnerTask } from './runner.js';
import { markStarted, requestCancellation, type ResponseMessage } from './task-envelope.js';
import { entryBeside } from './entry-beside.js';
import type { Entry } from './worker-entry.js';

export interface ProcessOptions {
  /** For messages. */
  name: string;
  /** The worker module that each process runs its tasks with. */
  entry: Entry;
  workerData?: unknown;
  /** The whole environment of the processes. */
  environment: NodeJS.ProcessEnv;
}

/** After these a process may hold a library that will never work again: its context, or its thread, is gone. */
const LAST_WORDS: readonly ErrorCode[] = ['DEVICE_LOST', 'WORKER_CRASHED'];

/**
 * Runs each task in a process of its own kind, which lives on for the next task, unless its device was lost. A process is
 * started where all others are busy; how many tasks there are at once is the pool's choice.
 */
export function createProcessRunner(options: ProcessOptions): Runner {
  const living = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];
  const busy = new Map<RunnerTask, ChildProcess>();

  function start(): ChildProcess {
    const child = startHost(options);
    living.add(child);
    const forget = () => {
      living.delete(child);
      if (idle.includes(child)) idle.splice(idle.indexOf(child), 1);
    };
    child.once('exit', forget);
    // No `exit` follows where it could not be started. A listener must be there at any time: without one the error is thrown.
    child.on('error', () => {
      if (child.pid === undefined) forget();
    });
    return child;
  }

  /** One that has served before has loaded its code: what ends it now is a crash. */
  function takeIdle(task: RunnerTask): ChildProcess | undefined {
    const child = idle.pop();
    if (child !== undefined) markStarted(task.control);
    return child;
  }

  function cancel(task: RunnerTask): void {
    requestCancellation(task.control);
    const child = busy.get(task);
    if (child !== undefined) tell(child, { kind: 'cancel' });
  }

  return {
    kind: 'process',
    async run(task) {
      const child = takeIdle(task) ?? start();
      busy.set(task, child);
      let response: ResponseMessage | null = null;
      try {
        response = await post(child, task, () => cancel(task));
        return response;
      } finally {
        busy.delete(task);
        if (response?.ok === false && LAST_WORDS.includes(response.error.code)) child.kill('SIGKILL');
        else if (living.has(child)) idle.push(child);
      }
    },
    cancel,
    async destroy() {
      const ends = [...living].map((child) => once(child, 'exit'));
      for (const child of living) child.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}

function startHost({ name, entry, workerData, environment }: ProcessOptions): ChildProcess {
  const host = entryBeside(import.meta.url, 'engine-host');
  const child = fork(host.file, [], {
    ...(host.execArgv === null ? {} : { execArgv: host.execArgv }),
    env: environment,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  tell(child, { kind: 'start', name, entry, workerData });
  return child;
}

/** What cannot be sent to a dying process needs no answer: its `exit` follows. */
function tell(child: ChildProcess, request: HostRequest): void {
  child.send(request, () => undefined);
}

/** @throws Error that says how the process ended */
function post(child: ChildProcess, task: RunnerTask, cancel: () => void): Promise<ResponseMessage> {
  const { rest: payload, ports } = separatePorts(task.preparePayload().value);
  const bridge = bridgePorts(ports, (message) => tell(child, message));
  const delivery = deliverProgress(task.onProgress ?? (() => undefined), cancel);
  return new Promise<ResponseMessage>((resolve, reject) => {
    const onMessage = (message: unknown) => {
      // Our own module on the other side, over a channel that nobody else has.
      const answer = message as HostMessage;
      switch (answer.kind) {
        case 'started':
          return markStarted(task.control);
        case 'progress':
          return delivery.deliver(answer.progress);
        case 'settled':
          return settle(() => resolve(delivery.failure() ?? answer.response));
        default:
          return bridge.receive(answer);
      }
    };
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`the process ended with ${signal ?? `code ${code}`}`)));
    const onError = (error: Error) => settle(() => reject(error));
    const settle = (tellCaller: () => void) => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      bridge.close();
      tellCaller();
    };
    child.on('message', onMessage).once('exit', onExit).once('error', onError);
    const reports = task.onProgress !== undefined;
    tell(child, { kind: 'run', task: task.task, payload, portFields: [...ports.keys()], reports });
  });
}
