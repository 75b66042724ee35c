import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { EpochProgress } from '../../src/words/run-event.js';
import { createEpochWriter } from '../../src/training/epoch-writer.js';

const epoch = (number: number): EpochProgress => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  validationLoss: null,
  validationAccuracy: null,
});

/** A store that takes a moment and remembers what each write held. */
function slowStore() {
  const writes: number[][] = [];
  const store = async (epochs: readonly EpochProgress[]) => {
    await delay(1);
    writes.push(epochs.map(({ number }) => number));
  };
  return { writes, store };
}

test('stores what comes in one turn together, and what comes during a write in the next one, in order', async () => {
  const { writes, store } = slowStore();
  const writer = createEpochWriter(store);
  for (let number = 1; number <= 3; number += 1) writer.add(epoch(number));
  while (writes.length === 0) await delay(1);
  for (let number = 4; number <= 5; number += 1) writer.add(epoch(number));
  await writer.finish();
  expect(writes).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test('messages that arrive in one burst are stored together and do not keep timers waiting', async () => {
  const { port1, port2 } = new MessageChannel();
  let writes = 0;
  // The embedded database answers without leaving the turn.
  const writer = createEpochWriter(async () => {
    writes += 1;
  });
  const last = new Promise<void>((resolve) => {
    port2.on('message', (number: number) => {
      writer.add(epoch(number));
      if (number === 500) resolve();
    });
  });
  for (let number = 1; number <= 500; number += 1) port1.postMessage(number);
  await last;
  await writer.finish();
  port1.close();
  expect(writes).toBe(1);
});

test('a large backlog is written in pieces that a statement can hold', async () => {
  const { writes, store } = slowStore();
  const writer = createEpochWriter(store);
  for (let number = 1; number <= 1201; number += 1) writer.add(epoch(number));
  await writer.finish();
  expect(writes.map(({ length }) => length)).toEqual([500, 500, 201]);
  expect(writes.flat()).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
});

test('discarding waits for the write that is under way and drops the rest', async () => {
  const started: number[][] = [];
  const writer = createEpochWriter<EpochProgress>(async (epochs) => {
    started.push(epochs.map(({ number }) => number));
    await delay(5);
  });
  writer.add(epoch(1));
  while (started.length === 0) await delay(1);
  writer.add(epoch(2));
  await writer.discard();
  expect(started).toEqual([[1]]);
});

test('a failed write aborts the signal, stops the writing and is what finish throws', async () => {
  let calls = 0;
  const writer = createEpochWriter(async () => {
    calls += 1;
    throw new Error('the row is gone');
  });
  writer.add(epoch(1));
  writer.add(epoch(2));
  await expect(writer.finish()).rejects.toThrow('the row is gone');
  expect(writer.failed.aborted).toBe(true);
  writer.add(epoch(3));
  await expect(writer.finish()).rejects.toThrow('the row is gone');
  expect(calls).toBe(1);
});
