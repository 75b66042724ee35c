import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Batch } from '../../src/compute/tasks/head-batches.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { TensorMap } from '../../src/words/architecture.js';
import type { EngineName } from '../../src/words/device.js';
import type { TrainingRules } from '../../src/words/training-rules.js';
import type { OptimizerKind, Schedule } from '../../src/words/training-settings.js';
import { describeEngine } from '../support/engine-thread.js';
import { formulaTensor } from '../support/formula-weights.js';
import { describeAnswers, type Job, runJobs } from '../support/head-training-jobs.js';
import type { TinyOutcome, TinyTraining } from '../support/tiny-training-worker.js';

/** training_rules.py says what each field is. */
interface RuleCase {
  optimizer: 'adam' | 'sgd';
  learning_rate: number;
  rules: {
    class_weights: number[] | null;
    label_smoothing: number;
    weight_decay: number;
    schedule: Schedule;
    warmup_steps: number;
  };
  losses: number[];
}
interface Reference {
  labels: number[];
  heads: (RuleCase & { weight: number[]; bias: number[] })[];
  networks: (RuleCase & Record<string, number[]>)[];
}

const TIMEOUT_MS = 60_000;
const [SALT, CLASSES, FEATURES, BATCH] = [3, 3, 6, 5];
const TOLERANCE = 2e-5;
const { labels, heads, networks } = JSON.parse(
  readFileSync(resolve('test/golden/training-rules.json'), 'utf8'),
) as Reference;

const rulesOf = ({ rules, losses }: RuleCase): TrainingRules => ({
  loss: { classWeights: rules.class_weights, labelSmoothing: rules.label_smoothing },
  weightDecay: rules.weight_decay,
  rate: { schedule: rules.schedule, warmupSteps: rules.warmup_steps, steps: losses.length },
  patience: 0,
});
const optimizerOf = ({ optimizer }: RuleCase): OptimizerKind => (optimizer === 'adam' ? 'ADAM' : 'SGD');
const largestDifference = (found: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((value, index) => Math.abs(value - (found[index] ?? Infinity))));

function cutBatches(): Batch[] {
  const rows = formulaTensor('rows', [labels.length, FEATURES], SALT, 1).data;
  const starts = Array.from({ length: Math.ceil(labels.length / BATCH) }, (_, batch) => batch * BATCH);
  return starts.map((start) => ({
    inputs: rows.slice(start * FEATURES, (start + BATCH) * FEATURES),
    labels: Int32Array.from(labels.slice(start, start + BATCH)),
  }));
}

function createJob(reference: RuleCase): Job {
  const parameters: TensorMap = new Map([
    ['0.weight', formulaTensor('head.weight', [CLASSES, FEATURES], SALT, 0.4)],
    ['0.bias', formulaTensor('head.bias', [CLASSES], SALT, 0.05)],
  ]);
  const batches = cutBatches();
  return {
    kind: 'replay',
    batches,
    training: {
      parameters,
      classCount: CLASSES,
      optimizer: optimizerOf(reference),
      learningRate: reference.learning_rate,
      epochs: reference.losses.length / batches.length,
      rules: rulesOf(reference),
      dropout: null,
      validation: null,
    },
  };
}

async function trainTiny(workerData: TinyTraining): Promise<TinyOutcome> {
  const { file, execArgv } = entryOf(resolve('test/support/tiny-training-worker.ts'));
  const worker = new Worker(file, execArgv === null ? { workerData } : { workerData, execArgv });
  const [outcome] = (await once(worker, 'message')) as [TinyOutcome];
  return outcome;
}

const named = <Case extends RuleCase>(cases: readonly Case[]) =>
  cases.map((reference, index) => ({
    name: `${reference.optimizer}, ${JSON.stringify(reference.rules)}`,
    index,
    reference,
  }));

for (const engine of ['wasm', 'tensorflow'] satisfies EngineName[]) {
  const result = await runJobs(engine, heads.map(createJob));
  describe('the rules of training a head beside PyTorch', () => {
    describeAnswers(engine, result, (answerOf) => {
      it.each(named(heads))('repeat losses and weights: $name', ({ index, reference }) => {
        const { stepLosses, parameters, tensorsBefore, tensorsAfter } = answerOf(index);
        expect(stepLosses).toHaveLength(reference.losses.length);
        expect(largestDifference(stepLosses, reference.losses)).toBeLessThan(TOLERANCE);
        const dataOf = (name: string) => parameters.get(name)?.data ?? [];
        expect(largestDifference(dataOf('0.weight'), reference.weight)).toBeLessThan(TOLERANCE);
        expect(largestDifference(dataOf('0.bias'), reference.bias)).toBeLessThan(TOLERANCE);
        expect(tensorsAfter).toBe(tensorsBefore);
      });
    });
  });
}

for (const engine of ['tensorflow', 'webgpu'] satisfies EngineName[]) {
  const describeHere = await describeEngine(engine);
  describeHere('the rules of training inside a network beside PyTorch', () => {
    it.each(named(networks))(
      'repeat losses and weights: $name',
      async ({ reference }) => {
        const { losses, moved, tensorsLeft } = await trainTiny({
          engine,
          steps: reference.losses.length,
          optimizer: optimizerOf(reference),
          learningRate: reference.learning_rate,
          backboneLearningRate: reference.learning_rate,
          rules: rulesOf(reference),
        });
        expect(largestDifference(losses, reference.losses)).toBeLessThan(TOLERANCE);
        expect(moved.size).toBe(6);
        for (const [name, { data }] of moved) {
          expect(largestDifference(data, reference[name] ?? [NaN])).toBeLessThan(1e-4);
        }
        expect(tensorsLeft).toBe(0);
      },
      TIMEOUT_MS,
    );
  });
}
