import type { LossRule } from '../../words/training-rules.js';

/**
 * The loss of a batch as targets that its rows' logarithms of probabilities are weighed with:
 * -sum(targets * log p) / total. With targets one-hot and total n it is the mean cross-entropy.
 */
export interface LossTargets {
  /** [n, C] */
  targets: Float32Array;
  /** Sum of each row, [n]. */
  rowSums: Float32Array;
  /** Sum of the weights of the rows' classes. */
  total: number;
}

/**
 * torch.nn.CrossEntropyLoss(weight, label_smoothing): with weights w, smoothing s and C classes the target of class c is
 * w_c s / C, that of the label y has w_y (1 - s) besides, and the total is the sum of w_y over the rows.
 */
export function lossTargets(labels: Int32Array, classCount: number, rule: LossRule): LossTargets {
  const weights = weightsOf(rule, classCount);
  const targets = new Float32Array(labels.length * classCount);
  const rowSums = new Float32Array(labels.length);
  let total = 0;
  labels.forEach((label, row) => {
    const target = targets.subarray(row * classCount, (row + 1) * classCount);
    weights.forEach((weight, index) => {
      target[index] = targetOf(rule, weight, classCount, index === label);
    });
    rowSums[row] = target.reduce((sum, value) => sum + value, 0);
    total += weights[label] ?? NaN;
  });
  return { targets, rowSums, total };
}

/** Sums over pictures, so that scores of batches can be added. */
export interface Score {
  /** Sum of the rows' losses, natural logarithm. */
  lossSum: number;
  /** What it is divided by: the sum of the weights of the rows' classes. */
  weightSum: number;
  correct: number;
  count: number;
}

export const NO_SCORE: Score = { lossSum: 0, weightSum: 0, correct: 0, count: 0 };

export function addScores(left: Score, right: Score): Score {
  return {
    lossSum: left.lossSum + right.lossSum,
    weightSum: left.weightSum + right.weightSum,
    correct: left.correct + right.correct,
    count: left.count + right.count,
  };
}

/** Scores logits [labels.length, C] in double precision. The first of equal logits is the answer. */
export function scoreLogits(logits: Float32Array, labels: Int32Array, rule: LossRule): Score {
  const classCount = logits.length / labels.length;
  const weights = weightsOf(rule, classCount);
  let [lossSum, weightSum, correct] = [0, 0, 0];
  labels.forEach((label, row) => {
    const values = logits.subarray(row * classCount, (row + 1) * classCount);
    const largest = Math.max(...values);
    const total = values.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    values.forEach((value, index) => {
      const target = targetOf(rule, weights[index] ?? NaN, classCount, index === label);
      // A class without a target does not count, even where its probability is 0.
      if (target > 0) lossSum += target * (Math.log(total) + largest - value);
    });
    weightSum += weights[label] ?? NaN;
    if (values.indexOf(largest) === label) correct++;
  });
  return { lossSum, weightSum, correct, count: labels.length };
}

function weightsOf({ classWeights }: LossRule, classCount: number): readonly number[] {
  return classWeights ?? new Array<number>(classCount).fill(1);
}

function targetOf(
  { labelSmoothing }: LossRule,
  weight: number,
  classCount: number,
  isLabel: boolean,
): number {
  const spread = (weight * labelSmoothing) / classCount;
  return isLabel ? spread + weight * (1 - labelSmoothing) : spread;
}
