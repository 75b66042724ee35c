import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EngineName } from '../../src/words/device.js';
import type { FineTuneCase, FineTuneOutcome } from './compare-fine-tune.js';

/** torchvision's networks, where the folder beside the repository is there, and EfficientNet-Lite0. */
const FIXTURES = ['../shared/fixtures/fine-tune.json', 'test/golden/efficientnet-lite0.json'];

export function readFineTuneCases(): FineTuneCase[] {
  return FIXTURES.map((path) => resolve(path))
    .filter(existsSync)
    .flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { cases: FineTuneCase[] }).cases);
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
