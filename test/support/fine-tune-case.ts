import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EngineName } from '../../src/words/device.js';
import type { FineTuneCase, FineTuneOutcome } from './compare-fine-tune.js';

const FIXTURE = resolve('../shared/fixtures/fine-tune.json');

/** Empty where the fixture is absent. */
export function readFineTuneCases(): FineTuneCase[] {
  if (!existsSync(FIXTURE)) return [];
  return (JSON.parse(readFileSync(FIXTURE, 'utf8')) as { cases: FineTuneCase[] }).cases;
}

export interface FineTuneQuestion {
  fixture: FineTuneCase;
  engine: EngineName;
}

/** Trains as a case says, in a thread of its own. @throws what the thread died of */
export function runFineTuneCase(fixture: FineTuneCase, engine: EngineName): Promise<FineTuneOutcome> {
  const { file, execArgv } = entryOf(resolve('test/support/fine-tune-worker.ts'));
  const workerData: FineTuneQuestion = { fixture, engine };
  return new Promise((fulfil, reject) => {
    const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
    worker.once('message', fulfil);
    worker.once('error', reject);
  });
}
