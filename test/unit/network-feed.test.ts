import { openRemoteFeed } from '../../src/compute/network-training/remote-feed.js';
import { feedTraining } from '../../src/compute/network-training/feed-training.js';
import type { PictureBatch, PictureFeed } from '../../src/compute/protocol.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import { GelqlError } from '../../src/errors.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';

const batch = (value: number): PictureBatch => ({
  inputs: new Uint8Array(INPUT_PIXELS).fill(value),
  labels: Int32Array.of(value % 2),
  keys: [String(value)],
});
const progress: EpochProgress = {
  number: 1,
  trainLoss: 0.5,
  trainAccuracy: 1,
  validationLoss: null,
  validationAccuracy: null,
};

/** @param count batches of an epoch; each value is 10 x epoch + place */
function openFeed(count: number, onDrawn: (value: number) => void = () => undefined): PictureFeed {
  return {
    async *drawEpoch(number) {
      for (let place = 0; place < count; place++) {
        onDrawn(10 * number + place);
        yield batch(10 * number + place);
      }
    },
    async *drawValidation() {
      yield batch(7);
    },
  };
}

const open: { close(): void }[] = [];
const steps: unknown[] = [];
afterEach(() => open.splice(0).forEach((one) => one.close()));
function connect(feed: PictureFeed, onEpoch: (p: EpochProgress, bytes: Uint8Array) => Promise<void>) {
  const cancellation = new AbortController();
  let toTrainer: (message: unknown) => void = () => undefined;
  const later = (deliver: () => void) => void setImmediate(deliver);
  const feeding = feedTraining(feed, { onEpoch, onStep: (step) => steps.push(step) }, (message) =>
    later(() => toTrainer(message)),
  );
  const remote = openRemoteFeed({
    signal: cancellation.signal,
    send: (message) => later(() => feeding.receive(message)),
    onMessage: (listener) => void (toTrainer = listener),
  });
  open.push(feeding);
  return { feeding, remote, cancellation };
}

async function valuesOf(batches: AsyncIterable<PictureBatch>): Promise<number[]> {
  const values: number[] = [];
  for await (const { inputs, labels, keys } of batches) {
    expect([labels[0], keys]).toEqual([(inputs[0] ?? 0) % 2, [String(inputs[0])]]);
    values.push(inputs[0] ?? NaN);
  }
  return values;
}

test('gives what was drawn, in order, one draw after another', async () => {
  const { remote } = connect(openFeed(5), async () => undefined);
  expect(await valuesOf(remote.drawEpoch(1))).toEqual([10, 11, 12, 13, 14]);
  expect(await valuesOf(remote.drawValidation())).toEqual([7]);
  expect(await valuesOf(remote.drawEpoch(2))).toEqual([20, 21, 22, 23, 24]);
});

test('has the next batches ready, and no more than these', async () => {
  const drawn: number[] = [];
  const { remote } = connect(
    openFeed(20, (value) => drawn.push(value)),
    async () => undefined,
  );
  const batches = remote.drawEpoch(1)[Symbol.asyncIterator]();
  await batches.next();
  await new Promise((resolve) => setTimeout(resolve, 50));
  // Taken, two on their way, and the one that waits for its turn.
  expect(drawn).toHaveLength(4);
});

test('stores an epoch while the next one is drawn, and waits for it before it stores another', async () => {
  let finish: () => void = () => undefined;
  const stored: number[] = [];
  const { remote } = connect(openFeed(1), async (_progress, bytes) => {
    await new Promise<void>((resolve) => (finish = resolve));
    stored.push(bytes[0] ?? NaN);
  });
  await remote.store(progress, Uint8Array.of(1));
  expect(await valuesOf(remote.drawEpoch(2))).toEqual([20]);
  const second = remote.store(progress, Uint8Array.of(2));
  expect(stored).toEqual([]);
  finish();
  await second;
  expect(stored).toEqual([1]);
  const finished = remote.finish();
  await new Promise((resolve) => setTimeout(resolve, 20));
  finish();
  await finished;
  expect(stored).toEqual([1, 2]);
});

test.each<[string, PictureFeed, () => Promise<void>]>([
  [
    'a picture cannot be read',
    {
      ...openFeed(1),
      async *drawEpoch() {
        throw new GelqlError('MODEL_CORRUPT', 'the picture is gone');
      },
    },
    async () => undefined,
  ],
  [
    'the epoch cannot be stored',
    openFeed(1),
    () => Promise.reject(new GelqlError('MODEL_CORRUPT', 'the picture is gone')),
  ],
])('tells both sides where %s', async (_case, feed, onEpoch) => {
  const { feeding, remote } = connect(feed, onEpoch);
  const training = async () => {
    await remote.store(progress, Uint8Array.of(1));
    await valuesOf(remote.drawEpoch(1));
    await remote.finish();
  };
  await expect(training()).rejects.toMatchObject({ code: 'MODEL_CORRUPT', message: 'the picture is gone' });
  expect(feeding.failed.reason).toMatchObject({ code: 'MODEL_CORRUPT' });
});

test('ends a training that is cancelled while it waits for a picture', async () => {
  const { cancellation, feeding, remote } = connect(openFeed(3), async () => undefined);
  const batches = remote.drawEpoch(1)[Symbol.asyncIterator]();
  await batches.next();
  feeding.close();
  setTimeout(() => cancellation.abort(), 5);
  const drain = async () => {
    while (!(await batches.next()).done);
  };
  await expect(drain()).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('tells how fast the steps go', async () => {
  const { remote } = connect(openFeed(1), async () => undefined);
  remote.tellStep({ pictures: 8, picturesPerSecond: 12.5 });
  await valuesOf(remote.drawEpoch(1));
  expect(steps).toEqual([{ pictures: 8, picturesPerSecond: 12.5 }]);
});

test('refuses what is no message', async () => {
  const { feeding, remote } = connect(openFeed(1), async () => undefined);
  feeding.receive({ kind: 'draw', epoch: 0 });
  await expect(remote.finish().then(() => valuesOf(remote.drawEpoch(1)))).rejects.toMatchObject({
    code: 'INTERNAL',
  });
});
