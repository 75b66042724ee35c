import { once } from 'node:events';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { TRAINED_PARTS } from '../../src/words/training-settings.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { describeEngine } from '../support/engine-thread.js';
import type { TrainingAnswer, TrainingQuestion } from '../support/network-training-worker.js';

const TIMEOUT_MS = 180_000;
const EPOCHS = 3;
const places = { modelsDir: resolve('models'), cacheDir: resolve('test/none') };
const backbone = await findBackbone('mobilenet_v3_large-gelql-1', places);

async function train(changes: Partial<TrainingQuestion>): Promise<TrainingAnswer> {
  const { file, execArgv } = entryOf(resolve('test/support/network-training-worker.ts'));
  const question = {
    backbone,
    part: 'ALL',
    epochs: EPOCHS,
    rules: PLAIN_RULES,
    checkpoint: null,
    cancelAfter: null,
    losesDevice: false,
    rateFactor: 1,
  };
  const workerData = { ...question, ...changes };
  const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
  const [answer] = (await once(worker, 'message')) as [TrainingAnswer];
  return answer;
}

const describeHere = await describeEngine('tensorflow');

describeHere('training part of a network', () => {
  it.each(TRAINED_PARTS)(
    'learns %s, goes on from a checkpoint with the same bits, and its network is served as it was trained',
    async (part) => {
      const whole = await train({ part });
      expect(whole.epochs.map(({ number }) => number)).toEqual([1, 2, 3]);
      expect(whole.epochs.at(-1)?.trainLoss).toBeLessThan(whole.epochs[0]?.trainLoss ?? 0);
      expect(whole.tensorsLeft).toBe(0);

      const [checkpoint = null] = whole.checkpoints;
      const resumed = await train({ part, checkpoint });
      expect(resumed.epochs).toEqual(whole.epochs.slice(1));
      expect(resumed.digest).toBe(whole.digest);

      expect(whole.moved).toContain(part === 'LAST_STAGE' ? 'classifier.0.weight' : 'features.0.0.weight');
      expect(whole.moved.includes('features.0.1.running_mean')).toBe(part === 'STEM_AND_HEAD');
      const validationLoss = whole.epochs.at(-1)?.validationLoss ?? NaN;
      expect(Math.abs(whole.servedLoss / validationLoss - 1)).toBeLessThan(1e-3);
    },
    TIMEOUT_MS,
  );

  it(
    'keeps the best epoch, from a checkpoint too',
    async () => {
      // Smoothed labels punish the certainty that these rates end in.
      const loss = { classWeights: null, labelSmoothing: 0.3 };
      const rules = { ...PLAIN_RULES, loss, patience: 1 };
      const rates = { part: 'LAST_STAGE', rules, epochs: 8, rateFactor: 3 } as const;
      const whole = await train(rates);
      const losses = whole.epochs.map(({ validationLoss }) => validationLoss ?? NaN);
      const best = losses.indexOf(Math.min(...losses));
      expect(whole.end).toEqual({ keptEpoch: best + 1, stopReason: 'NO_IMPROVEMENT' });
      expect(losses).toHaveLength(best + 2);
      expect(Math.abs(whole.servedLoss / (losses[best] ?? NaN) - 1)).toBeLessThan(1e-3);
      for (const checkpoint of whole.checkpoints) {
        const resumed = await train({ ...rates, checkpoint });
        expect(resumed.end).toEqual(whole.end);
        expect(resumed.digest).toBe(whole.digest);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'stops before the next batch once it is cancelled and leaves no tensor',
    async () => {
      const answer = await train({ cancelAfter: 3 });
      expect(answer.errorCode).toBe('CANCELLED');
      expect(answer.epochs).toHaveLength(1);
      expect(answer.tensorsLeft).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'ends where the card goes away while its weights are read back for a checkpoint',
    async () => {
      const answer = await train({ part: 'LAST_STAGE', losesDevice: true });
      expect(answer.errorCode).toBe('DEVICE_LOST');
      expect(answer.checkpoints).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
