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
  /** Of logits in eval mode after the steps, relative to the largest of them. */
  logits: number;
  /** Of stem, head and running statistics, where training moved them; absolute. */
  weights: number;
}

export function compareFineTune(fixture: FineTuneCase, outcome: FineTuneOutcome): FineTuneDifferences {
  const logits = fixture.logits_after.flat();
  const largestLogit = Math.max(...logits.map(Math.abs));
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
