import type { Architecture, TensorMap } from '../../src/words/architecture.js';
import type { TrainedPart } from '../../src/words/training-settings.js';

/** One case of fine-tune.json or efficientnet-lite0.json, whose generators say what each field is. */
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
  /** Where single precision loses more than the tolerance. */
  logits_after_float64?: number[][];
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

/** Largest differences from the reference. */
export interface FineTuneDifferences {
  /** Relative to the float64 column. */
  loss: number;
  /** Difference of logits in eval mode after the steps, relative to the largest of them; from the float64 ones where they are known. */
  logits: number;
  /** Difference of stem, head and running statistics, where training moved them; absolute. */
  weights: number;
}

export function compareFineTune(fixture: FineTuneCase, outcome: FineTuneOutcome): FineTuneDifferences {
  const logits = exactLogits(fixture);
  const stem = [...outcome.moved].find(([name]) =>
    /^(conv1|features\.0|features\.0\.0|_conv_stem)\.weight$/.test(name),
  );
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
    logits: relativeDifference(outcome.logits, logits),
    weights: Math.max(
      ...pairs.map(([found, expected]) =>
        found === undefined || expected === undefined ? 0 : largestDifference(found, expected),
      ),
    ),
  };
}

/** How far PyTorch's own logits in single precision lie from those in double precision; 0 where the latter are not known. */
export function logitLossOfPyTorch(fixture: FineTuneCase): number {
  return relativeDifference(fixture.logits_after.flat(), exactLogits(fixture));
}

function exactLogits(fixture: FineTuneCase): number[] {
  return (fixture.logits_after_float64 ?? fixture.logits_after).flat();
}

function relativeDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  return largestDifference(found, expected) / Math.max(...expected.map(Math.abs));
}

function largestDifference(found: ArrayLike<number>, expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs(value - (found[index] ?? NaN))));
}
