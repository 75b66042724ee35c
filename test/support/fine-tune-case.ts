import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EngineName } from '../../src/compute/engines/engine.js';
import type { Architecture, TensorMap } from '../../src/networks/architecture.js';
import type { TrainedPart } from '../../src/networks/trainable-part.js';

/** One case of ../shared/fixtures/fine-tune.json, whose generator says what each field is. */
export interface FineTuneCase {
  network: Architecture;
  mode: TrainedPart;
  optimizer: 'adam' | 'sgd';
  learning_rate: number;
  n: number;
  salt: number;
  losses: number[];
  losses_float64: number[];
  logits_after: number[][];
  stem_weight_first12: number[];
  stem_weight_norm: number;
  head_weight_first12: number[];
  head_bias: number[];
  first_bn_running_mean_first12?: number[];
  first_bn_running_var_first12?: number[];
}

export interface FineTuneOutcome {
  losses: number[];
  logits: Float32Array;
  head: TensorMap;
  /** What training moved, by torchvision's names. */
  moved: TensorMap;
  tensorsLeft: number;
  secondsPerStep: number;
}

const FIXTURE = resolve('../shared/fixtures/fine-tune.json');

/** Empty where the fixture is absent. */
export function readFineTuneCases(): FineTuneCase[] {
  if (!existsSync(FIXTURE)) return [];
  return (JSON.parse(readFileSync(FIXTURE, 'utf8')) as { cases: FineTuneCase[] }).cases;
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

/** Largest differences from the reference. */
export interface FineTuneDifferences {
  /** Relative to the float64 column. */
  loss: number;
  /** Of logits in eval mode after the steps, relative to the largest of them. */
  logits: number;
  /** Of stem, head and running statistics, where training moved them; absolute. */
  weights: number;
}

export function compareFineTune(fixture: FineTuneCase, outcome: FineTuneOutcome): FineTuneDifferences {
  const logits = fixture.logits_after.flat();
  const largestLogit = Math.max(...logits.map(Math.abs));
  const stem = [...outcome.moved].find(([name]) => /^(conv1|features\.0|features\.0\.0)\.weight$/.test(name));
  const statistic = (suffix: string) => [...outcome.moved].find(([name]) => name.endsWith(suffix))?.[1].data;
  const pairs: [ArrayLike<number> | undefined, number[] | undefined][] = [
    [stem?.[1].data, fixture.stem_weight_first12],
    [outcome.head.get('0.weight')?.data, fixture.head_weight_first12],
    [outcome.head.get('0.bias')?.data, fixture.head_bias],
    [statistic('.running_mean'), fixture.first_bn_running_mean_first12],
    [statistic('.running_var'), fixture.first_bn_running_var_first12],
  ];
  return {
    loss: Math.max(
      ...fixture.losses_float64.map((loss, step) => Math.abs((outcome.losses[step] ?? NaN) / loss - 1)),
    ),
    logits: largestDifference(outcome.logits, logits) / largestLogit,
    weights: Math.max(
      ...pairs.map(([found, expected]) =>
        found === undefined || expected === undefined ? 0 : largestDifference(found, expected),
      ),
    ),
  };
}

function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs(value - (found[index] ?? NaN))));
}
