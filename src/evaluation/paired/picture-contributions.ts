import type { AnsweredPictures } from './answered-pair.js';
import type { Metric } from '../metric.js';
import { brierScore, logLoss } from '../probability-scores.js';

/** Metrics that are sums over the pictures. */
export type SummedMetric = Extract<Metric, 'BALANCED_ACCURACY' | 'LOG_LOSS' | 'BRIER'>;

/** What each picture adds to a metric: their sum is its value. */
export function pictureContributions(
  answers: AnsweredPictures,
  metric: SummedMetric,
  classCount: number,
): Float64Array {
  const { labels } = answers;
  if (metric === 'BALANCED_ACCURACY') return recallShares(answers, classCount);
  const scoreOf = metric === 'LOG_LOSS' ? logLoss : brierScore;
  return Float64Array.from({ length: labels.length }, (_, picture) => {
    const row = Array.from(answers.probabilities[picture] ?? []);
    return scoreOf([labels[picture] ?? 0], [row]) / labels.length;
  });
}

/** How often each class is the true one; pictures count as often as `weights` says. */
export function countLabels(
  labels: ArrayLike<number>,
  classCount: number,
  weights: ArrayLike<number> | null = null,
): Float64Array {
  const counts = new Float64Array(classCount);
  for (let picture = 0; picture < labels.length; picture++) {
    const label = labels[picture] ?? 0;
    counts[label] = (counts[label] ?? 0) + (weights === null ? 1 : (weights[picture] ?? 0));
  }
  return counts;
}

/**
 * F1 weighted by support, from counts by class.
 * @param right pictures of a class that were called so
 * @param said pictures that were called so
 * @param supports pictures of a class
 */
export function weightedF1(right: Float64Array, said: Float64Array, supports: Float64Array): number {
  let [sum, total] = [0, 0];
  for (let index = 0; index < supports.length; index++) {
    const support = supports[index] ?? 0;
    const named = support + (said[index] ?? 0);
    total += support;
    if (named > 0) sum += (support * 2 * (right[index] ?? 0)) / named;
  }
  return total === 0 ? 0 : sum / total;
}

/** A right picture adds its share of its class to the mean over the classes that there are. */
function recallShares({ labels, predicted }: AnsweredPictures, classCount: number): Float64Array {
  const supports = countLabels(labels, classCount);
  const present = supports.filter((support) => support > 0).length;
  return Float64Array.from({ length: labels.length }, (_, picture) => {
    const label = labels[picture] ?? 0;
    return predicted[picture] === label ? 1 / ((supports[label] ?? 0) * present) : 0;
  });
}
