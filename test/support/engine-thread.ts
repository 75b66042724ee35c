import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { readConfig } from '../../src/config.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import type { EngineName } from '../../src/words/device.js';
import type { EngineAnswers, EngineQuestion, EngineReply } from './engine-worker.js';

/** A real worker thread with one engine: native engines refuse typed arrays of jest's own realm. */
export interface EngineThread {
  ask<Kind extends EngineQuestion['kind']>(
    question: Extract<EngineQuestion, { kind: Kind }>,
  ): Promise<EngineAnswers[Kind]>;
  close(): Promise<void>;
}

export function startEngineThread(engine: EngineName, threads = 1): EngineThread {
  const { file, execArgv } = entryOf(resolve('test/support/engine-worker.ts'));
  const workerData = { engine, threads };
  const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
  return {
    async ask(question) {
      const reply = Promise.race([once(worker, 'message'), onceEnded(worker)]);
      worker.postMessage(question);
      const [message] = (await reply) as [EngineReply];
      if ('failure' in message) throw new Error(message.failure);
      return message.answer as EngineAnswers[(typeof question)['kind']];
    },
    async close() {
      await worker.terminate();
    },
  };
}

async function onceEnded(worker: Worker): Promise<never> {
  await once(worker, 'exit');
  throw new Error('the thread ended before it answered');
}

/** `describe` where the engine is there, else a skipped one that says why. */
export async function describeEngine(
  engine: EngineName,
): Promise<(title: string, tests: () => void) => void> {
  const probe = await ENGINES[engine].probe({
    softwareGpu: true,
    card: null,
    cacheDir: readConfig().cacheDir,
  });
  if (probe.available) return (title, tests) => describe(`${title} in ${probe.version}`, tests);
  return (title, tests) => describe.skip(`${title} in ${engine} (${probe.reason})`, tests);
}
