import { resolve } from 'node:path';
import pino from 'pino';
import { createPool } from '../../src/compute/pool.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { describeEngine } from '../support/engine-thread.js';
import type { TrainedHead, TrainHeadTask } from '../../src/compute/protocol.js';

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
      const pool = createPool({
        name: 'test',
        entry: entryOf(resolve('test/support/losing-worker.ts')),
        threads: 1,
        logger: pino({ level: 'silent' }),
        workerData: { threads: 1, niceness: 0, softwareGpu: true, card: null, cacheDir: resolve('models') },
      });
      const train = (changes: Partial<TrainHeadTask>) =>
        pool.run('trainHead', () => ({ value: { ...task, ...changes }, transfer: [] }), {
          onProgress: () => undefined,
        });
      try {
        await expect(train({})).rejects.toMatchObject({ code: 'DEVICE_LOST' });
        const { parameters } = (await train({ seed: 4, epochs: 2 })) as TrainedHead;
        expect(parameters.size).toBe(2);
      } finally {
        await pool.close();
      }
    },
    TIMEOUT_MS,
  );
});
