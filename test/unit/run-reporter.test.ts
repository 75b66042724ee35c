import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { EpochProgress } from '../../src/words/run-event.js';
import { createRunReporter, type RunReport } from '../../src/training/run-reporter.js';
import { waitFor } from '../support/wait-for.js';

const epoch = (number: number): EpochProgress => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  validationLoss: null,
  validationAccuracy: null,
});
const head = (stageProgress: number) => ({ stage: 'TRAINING_HEAD', stageProgress }) as const;

/** A store that takes a moment and remembers each write: stage, progress, numbers of the epochs. */
function slowStore() {
  const writes: [string, number, number[]][] = [];
  const store = async ({ progress, epochs }: RunReport) => {
    await delay(1);
    writes.push([progress.stage, progress.stageProgress, epochs.map(({ number }) => number)]);
  };
  return { writes, store };
}

test('stores what comes in one turn together, and what comes during a write in the next one, in order', async () => {
  const { writes, store } = slowStore();
  const reporter = createRunReporter(store);
  for (let number = 1; number <= 3; number += 1) reporter.report(head(number / 5), epoch(number));
  await waitFor(() => writes.length > 0);
  for (let number = 4; number <= 5; number += 1) reporter.report(head(number / 5), epoch(number));
  await reporter.flush();
  expect(writes).toEqual([
    ['TRAINING_HEAD', 0.6, [1, 2, 3]],
    ['TRAINING_HEAD', 1, [4, 5]],
  ]);
});

test('keeps every stage, and of each the newest progress with what was said once', async () => {
  const stored: RunReport[] = [];
  const reporter = createRunReporter(async (report) => void stored.push(report));
  reporter.report({ stage: 'EXTRACTING_FEATURES', stageProgress: 0, engine: 'wasm' });
  reporter.report({ stage: 'EXTRACTING_FEATURES', stageProgress: 0.5 });
  reporter.report(head(0));
  reporter.report({ stage: 'EVALUATING', stageProgress: 0 });
  await reporter.flush();
  expect(stored).toEqual([
    { progress: { stage: 'EXTRACTING_FEATURES', stageProgress: 0.5, engine: 'wasm' }, epochs: [] },
    { progress: head(0), epochs: [] },
    { progress: { stage: 'EVALUATING', stageProgress: 0 }, epochs: [] },
  ]);
});

test('messages that arrive in one burst are stored together and do not keep timers waiting', async () => {
  const { port1, port2 } = new MessageChannel();
  let writes = 0;
  const reporter = createRunReporter(async () => {
    writes += 1;
  });
  const last = new Promise<void>((resolve) => {
    port2.on('message', (number: number) => {
      reporter.report(head(number / 500), epoch(number));
      if (number === 500) resolve();
    });
  });
  for (let number = 1; number <= 500; number += 1) port1.postMessage(number);
  await last;
  await reporter.flush();
  port1.close();
  expect(writes).toBe(1);
});

test('a large backlog is written in pieces that a statement can hold', async () => {
  const { writes, store } = slowStore();
  const reporter = createRunReporter(store);
  for (let number = 1; number <= 1201; number += 1) reporter.report(head(number / 1201), epoch(number));
  await reporter.flush();
  const numbers = writes.map(([, , epochs]) => epochs);
  expect(numbers.map(({ length }) => length)).toEqual([500, 500, 201]);
  expect(numbers.flat()).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
});

test('closing waits for the write that is under way and drops the rest', async () => {
  const started: number[][] = [];
  const reporter = createRunReporter(async ({ epochs }) => {
    started.push(epochs.map(({ number }) => number));
    await delay(5);
  });
  reporter.report(head(0.1), epoch(1));
  await waitFor(() => started.length > 0);
  reporter.report(head(0.2), epoch(2));
  await reporter.close();
  reporter.report(head(0.3), epoch(3));
  await reporter.close();
  expect(started).toEqual([[1]]);
});

test('a failed write aborts the signal, stops the writing and is what flush throws', async () => {
  let calls = 0;
  const reporter = createRunReporter(async () => {
    calls += 1;
    throw new Error('the row is gone');
  });
  reporter.report(head(0.1), epoch(1));
  reporter.report(head(0.2), epoch(2));
  await expect(reporter.flush()).rejects.toThrow('the row is gone');
  expect(reporter.failed.aborted).toBe(true);
  reporter.report(head(0.3), epoch(3));
  await expect(reporter.flush()).rejects.toThrow('the row is gone');
  expect(calls).toBe(1);
});
