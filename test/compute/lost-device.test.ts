import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { resolve } from 'node:path';
import { inThread } from '../../src/compute/channel.js';
import { TRAIN_HEAD } from '../../src/compute/compute-tasks.js';
import { createLane } from '../../src/compute/lane.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { describeEngine } from '../support/engine-thread.js';
import type { TrainHeadTask } from '../../src/compute/protocol.js';

const TIMEOUT_MS = 120_000;
const task: TrainHeadTask = {
  engine: 'webgpu',
  head: 'SINGLE',
  featureSize: 4,
  classCount: 2,
  optimizer: 'SGD',
  learningRate: 0.01,
  batchSize: 4,
  epochs: 200,
  rules: PLAIN_RULES,
  seed: -1,
  features: Float32Array.from({ length: 16 }, (_, place) => (place % 5) / 4),
  count: 4,
  views: 1,
  labels: Int32Array.of(0, 1, 0, 1),
  trainIndices: Int32Array.of(0, 1, 2, 3),
  validationIndices: new Int32Array(),
};

const describeWebgpu = await describeEngine('webgpu');
describeWebgpu('a card that goes away while a head is trained', () => {
  it(
    'ends that training, and the next one is on a new device',
    async () => {
      const open = inThread({
        entry: entryOf(resolve('test/support/losing-worker.ts')),
        settings: { threads: 1, niceness: 0, softwareGpu: true, card: null, cacheDir: resolve('models') },
      });
      const lane = createLane({ name: 'test', open, workers: 1 });
      const train = (changes: Partial<TrainHeadTask>) => lane.run(TRAIN_HEAD, { ...task, ...changes });
      try {
        await expect(train({})).rejects.toMatchObject({ code: 'DEVICE_LOST' });
        const { parameters } = await train({ seed: 4, epochs: 2 });
        expect(parameters.size).toBe(2);
      } finally {
        await lane.close();
      }
    },
    TIMEOUT_MS,
  );
});
