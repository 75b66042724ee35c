import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { applyHead } from '../../src/networks/heads.js';
import type { TensorMap } from '../../src/words/architecture.js';
import type { EngineName } from '../../src/words/device.js';
import type { Batch } from '../../src/compute/tasks/head-batches.js';
import { describeAnswers, type Job, runJobs } from '../support/head-training-jobs.js';

interface ReferenceRun {
  head: 'single' | 'multi';
  optimizer: 'adam' | 'sgd';
  initial_parameters_torch_layout: (number[] | number[][])[];
  loss_per_step: number[];
  final_logits_first4: number[][];
}
interface Reference {
  features: number[][];
  labels: number[];
  batch_size: number;
  epochs: number;
  learning_rate: number;
  runs: ReferenceRun[];
}

const file = resolve('../shared/fixtures/optimizers.json');
const present = existsSync(file);
const engines: EngineName[] = ['wasm', 'tensorflow'];

function nameParameters(values: (number[] | number[][])[]): TensorMap {
  return new Map(
    values.map((rows, index) => {
      const name = `${3 * Math.floor(index / 2)}.${index % 2 === 0 ? 'weight' : 'bias'}`;
      const width = Array.isArray(rows[0]) ? [rows[0].length] : [];
      return [name, { shape: [rows.length, ...width], data: Float32Array.from(rows.flat()) }];
    }),
  );
}

function cutBatches({ features, labels, batch_size }: Reference): Batch[] {
  const starts = Array.from(
    { length: Math.ceil(labels.length / batch_size) },
    (_, index) => index * batch_size,
  );
  return starts.map((start) => ({
    inputs: Float32Array.from(features.slice(start, start + batch_size).flat()),
    labels: Int32Array.from(labels.slice(start, start + batch_size)),
  }));
}

const largestDifference = (left: ArrayLike<number>, right: number[]): number =>
  Math.max(...right.map((value, index) => Math.abs(value - (left[index] ?? Infinity))));

function createJob(reference: Reference, run: ReferenceRun): Job {
  return {
    kind: 'replay',
    batches: cutBatches(reference),
    training: {
      parameters: nameParameters(run.initial_parameters_torch_layout),
      classCount: 2,
      optimizer: run.optimizer === 'adam' ? 'ADAM' : 'SGD',
      learningRate: reference.learning_rate,
      epochs: reference.epochs,
      rules: PLAIN_RULES,
      dropout: null,
      validation: null,
    },
  };
}

const reference = present ? (JSON.parse(readFileSync(file, 'utf8')) as Reference) : null;
const runs = reference?.runs ?? [];
const jobs = reference === null ? [] : runs.map((run) => createJob(reference, run));
const results = reference === null ? [] : await Promise.all(engines.map((engine) => runJobs(engine, jobs)));

(present ? describe : describe.skip)('the optimizers beside PyTorch (needs ../shared/fixtures)', () => {
  it('are compared in four runs on each engine', () => {
    expect(jobs).toHaveLength(4);
    expect(results).toHaveLength(2);
  });

  results.forEach((result, index) => {
    describeAnswers(engines[index] ?? 'wasm', result, (answerOf) => {
      it.each(runs.map((run, job) => ({ ...run, job })))(
        'repeat losses and logits of $head with $optimizer and leave no tensor',
        ({ job, loss_per_step, final_logits_first4 }) => {
          const answer = answerOf(job);
          expect(answer.errorCode).toBeNull();
          expect(answer.stepLosses).toHaveLength(loss_per_step.length);
          expect(largestDifference(answer.stepLosses, loss_per_step)).toBeLessThan(1e-5);
          const rows = Float32Array.from((reference?.features ?? []).slice(0, 4).flat());
          const logits = applyHead(answer.parameters, rows, 4);
          expect(largestDifference(logits, final_logits_first4.flat())).toBeLessThan(1e-5);
          expect(answer.tensorsAfter).toBe(answer.tensorsBefore);
        },
      );
    });
  });
});
