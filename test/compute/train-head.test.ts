import { PLAIN_LOSS, PLAIN_RULES, type LossRule } from '../../src/words/training-rules.js';
import { createRandom } from '../../src/random.js';
import { applyHead, initialHead } from '../../src/networks/heads.js';
import type { EngineName } from '../../src/words/device.js';
import type { TrainHeadTask } from '../../src/compute/protocol.js';
import { createMaskDrawer, gatherRows } from '../../src/compute/tasks/head-batches.js';
import { scoreLogits } from '../../src/compute/tasks/head-loss.js';
import { describeAnswers, type Job, type JobAnswer, runJobs } from '../support/head-training-jobs.js';

const FEATURE_SIZE = 24;
const COUNT = 60;
const VIEWS = 2;

/** Two classes that a line separates: the first feature leans to one side, the rest is noise. */
function createTask(changes: Partial<TrainHeadTask>): TrainHeadTask {
  const random = createRandom(5, 'features');
  const labels = Int32Array.from({ length: COUNT }, (_, picture) => picture % 2);
  const features = Float32Array.from({ length: COUNT * VIEWS * FEATURE_SIZE }, (_, index) => {
    const picture = Math.floor(index / (VIEWS * FEATURE_SIZE));
    const lean = index % FEATURE_SIZE === 0 ? 2 * (labels[picture] ?? 0) - 1 : 0;
    return random.nextFloat() - 0.5 + lean;
  });
  const pictures = Int32Array.from({ length: COUNT }, (_, picture) => picture);
  return {
    engine: 'wasm',
    head: 'MULTI',
    featureSize: FEATURE_SIZE,
    classCount: 2,
    optimizer: 'ADAM',
    learningRate: 0.003,
    batchSize: 23,
    epochs: 12,
    rules: PLAIN_RULES,
    seed: 7,
    features,
    count: COUNT,
    views: VIEWS,
    labels,
    trainIndices: pictures.slice(0, 50),
    validationIndices: pictures.slice(50),
    ...changes,
  };
}

function createNoisyTask(changes: Partial<TrainHeadTask>): TrainHeadTask {
  const random = createRandom(9, 'labels');
  const task = createTask({});
  return { ...task, labels: task.labels.map(() => random.nextBelow(2)), ...changes };
}

const draw = createMaskDrawer(3);
function gradientJob(loss: LossRule): Job {
  return {
    loss,
    kind: 'compare-gradients',
    parameters: initialHead('MULTI', FEATURE_SIZE, 3, 1),
    classCount: 3,
    batch: {
      inputs: createTask({}).features.slice(0, 9 * FEATURE_SIZE),
      labels: Int32Array.of(0, 1, 2, 2, 1, 0, 0, 1, 2),
    },
    masks: [draw(9 * 512, 0.25), draw(9 * 256, 0.5)],
  };
}

const jobs = {
  first: { kind: 'train', task: createTask({}) },
  repeated: { kind: 'train', task: createTask({}) },
  otherSeed: { kind: 'train', task: createTask({ seed: 8 }) },
  single: { kind: 'train', task: createTask({ head: 'SINGLE', optimizer: 'SGD', learningRate: 0.1 }) },
  withoutValidation: { kind: 'train', task: createTask({ validationIndices: new Int32Array(0), epochs: 1 }) },
  cancelled: { kind: 'train', task: createTask({}), cancelAfterBatches: 4 },
  diverging: { kind: 'train', task: createTask({ optimizer: 'SGD', learningRate: 1e30 }) },
  gradients: gradientJob(PLAIN_LOSS),
  // Noise in the labels: after a few epochs the validation loss rises.
  stopping: { kind: 'train', task: createNoisyTask({ epochs: 40, rules: { ...PLAIN_RULES, patience: 3 } }) },
  unstopped: { kind: 'train', task: createNoisyTask({ epochs: 40 }) },
  unvalidated: {
    kind: 'train',
    task: createTask({
      validationIndices: new Int32Array(0),
      epochs: 6,
      rules: { ...PLAIN_RULES, patience: 1 },
    }),
  },
  weighedGradients: gradientJob({ classWeights: [0.5, 2, 1.25], labelSmoothing: 0.2 }),
} satisfies Record<string, Job>;
const names = Object.keys(jobs);

const engines: EngineName[] = ['wasm', 'tensorflow'];
const first = await Promise.all(engines.map((engine) => runJobs(engine, Object.values(jobs))));
const second = await Promise.all(engines.map((engine) => runJobs(engine, [jobs.first])));

const bytesOf = ({ parameters }: JobAnswer): string =>
  [...parameters]
    .map(([name, { data }]) => `${name} ${Buffer.from(data.buffer).toString('base64')}`)
    .join('\n');

engines.forEach((engine, index) => {
  const [inFirst, inSecond] = [first[index], second[index]];
  if (inFirst === undefined || inSecond === undefined) throw new Error('an engine was not asked');
  describe('training a head', () => {
    describeAnswers(engine, inFirst, (answerAt) => {
      const answerOf = (name: keyof typeof jobs) => answerAt(names.indexOf(name));

      it('learns what a line can separate, with either head', () => {
        for (const name of ['first', 'single'] as const) {
          const { epochs } = answerOf(name);
          expect(epochs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
          expect(epochs[11]?.trainLoss).toBeLessThan((epochs[0]?.trainLoss ?? 0) / 2);
          expect(epochs[11]?.validationAccuracy).toBe(1);
        }
      });

      it('names and shapes the parameters as the published experiment does', () => {
        const shapes = [...answerOf('first').parameters].map(([name, { shape }]) => [name, [...shape]]);
        expect(shapes).toEqual([
          ['0.weight', [512, FEATURE_SIZE]],
          ['0.bias', [512]],
          ['3.weight', [256, 512]],
          ['3.bias', [256]],
          ['6.weight', [2, 256]],
          ['6.bias', [2]],
        ]);
      });

      it('gives the same bytes again in the same thread', () => {
        expect(bytesOf(answerOf('repeated'))).toBe(bytesOf(answerOf('first')));
      });

      it('gives other bytes with another seed', () => {
        expect(bytesOf(answerOf('otherSeed'))).not.toBe(bytesOf(answerOf('first')));
      });

      it('stops when the validation loss has not fallen for its patience, and keeps the best epoch', () => {
        const { epochs, keptEpoch, stopReason, parameters } = answerOf('stopping');
        const losses = epochs.map(({ validationLoss }) => validationLoss ?? NaN);
        expect(stopReason).toBe('NO_IMPROVEMENT');
        expect(keptEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
        expect(epochs).toHaveLength(keptEpoch + 3);
        const task = createNoisyTask({});
        const rows = task.validationIndices;
        const inputs = gatherRows(task, rows, () => 0).inputs;
        const kept = scoreLogits(
          applyHead(parameters, inputs, rows.length),
          Int32Array.from(rows, (row) => task.labels[row]!),
          PLAIN_LOSS,
        );
        expect(kept.lossSum / kept.count).toBeCloseTo(Math.min(...losses), 5);
      });

      it('takes the same steps with patience as without until it stops', () => {
        const { epochs, keptEpoch, stopReason } = answerOf('unstopped');
        expect(epochs.slice(0, answerOf('stopping').epochs.length)).toEqual(answerOf('stopping').epochs);
        expect([keptEpoch, stopReason]).toEqual([40, 'ALL_EPOCHS']);
      });

      it('trains all epochs where nothing was kept for validation', () => {
        const { epochs, keptEpoch, stopReason } = answerOf('unvalidated');
        expect([epochs.length, keptEpoch, stopReason]).toEqual([6, 6, 'ALL_EPOCHS']);
      });

      it('reports no validation where nothing was kept for it', () => {
        const [epoch] = answerOf('withoutValidation').epochs;
        expect(epoch).toMatchObject({ number: 1, validationLoss: null, validationAccuracy: null });
      });

      it('stops at the next batch when it is cancelled', () => {
        expect(answerOf('cancelled')).toMatchObject({ errorCode: 'CANCELLED' });
      });

      it('refuses to go on when the loss is no longer a number', () => {
        expect(answerOf('diverging')).toMatchObject({ errorCode: 'BAD_REQUEST' });
      });

      it('gives the event loop a turn at each batch', () => {
        expect(answerOf('first').turns).toBeGreaterThanOrEqual(12 * 3);
      });

      it('leaves no tensor behind, however it ends', () => {
        const left = names.map((_, job) => answerAt(job).tensorsAfter - answerAt(job).tensorsBefore);
        expect(left).toEqual(names.map(() => 0));
      });

      it('has the gradients that TensorFlow.js derives, dropout, weights and smoothing included', () => {
        expect(answerOf('gradients').largestGradientDifference).toBeLessThan(1e-6);
        expect(answerOf('weighedGradients').largestGradientDifference).toBeLessThan(1e-6);
      });

      describeAnswers(engine, inSecond, (repeatedAt) => {
        it('gives the same bytes in another thread', () => {
          expect(bytesOf(repeatedAt(0))).toBe(bytesOf(answerOf('first')));
        });
      });
    });
  });
});
