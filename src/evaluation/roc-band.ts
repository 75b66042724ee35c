import { percentileInterval, resampleGroups } from './intervals.js';

/** Where the true positive rate lies at one false positive rate. All 0..1. */
export interface RocBandPoint {
  falsePositiveRate: number;
  low: number;
  high: number;
}

/** Steps from false positive rate 0 to 1 at which a band is known. */
const STEPS = 50;

/**
 * Pointwise 95 % band of the ROC curve: the true positive rates at each false positive rate in resamples of whole groups.
 * With the seed of an evaluation they are the resamples that the interval of its area comes from; those without both
 * sides are left out.
 * @param groups one key per picture
 * @returns null where fewer than half of the resamples had both sides, or where no picture is ranked wrongly: every
 * resample then gives the same curve, which says nothing about other pictures
 */
export function rocBand(
  scores: readonly number[],
  isPositive: readonly boolean[],
  groups: readonly string[],
  seed: number,
): RocBandPoint[] | null {
  const order = [...scores.keys()].sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0));
  const rates: number[][] = Array.from({ length: STEPS + 1 }, () => []);
  for (const weights of resampleGroups(groups, seed)) {
    sampleCurve(order, scores, isPositive, weights)?.forEach((rate, step) => rates[step]?.push(rate));
  }
  const band = rates.flatMap((values, step): RocBandPoint[] => {
    const interval = percentileInterval(values);
    return interval === null ? [] : [{ falsePositiveRate: step / STEPS, ...interval }];
  });
  return band.every(({ low, high }) => low === high) ? null : band;
}

/**
 * The true positive rates of one resample at 0, 1/50, ... 1, on straight lines between the points of its curve.
 * @param order pictures by falling score
 * @returns null where one side is empty
 */
function sampleCurve(
  order: readonly number[],
  scores: readonly number[],
  isPositive: readonly boolean[],
  weights: Uint32Array,
): number[] | null {
  const [positives, negatives] = countSides(isPositive, weights);
  if (positives === 0 || negatives === 0) return null;
  const sampled: number[] = [];
  let [truePositives, falsePositives] = [0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const [trueBefore, falseBefore] = [truePositives, falsePositives];
    for (; end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]; end++) {
      const picture = order[end] ?? 0;
      if (isPositive[picture] === true) truePositives += weights[picture] ?? 0;
      else falsePositives += weights[picture] ?? 0;
    }
    // A step is known once the curve has gone past it: where the curve rises straight up, its upper end counts.
    for (; (sampled.length / STEPS) * negatives < falsePositives;) {
      const share = ((sampled.length / STEPS) * negatives - falseBefore) / (falsePositives - falseBefore);
      sampled.push((trueBefore + share * (truePositives - trueBefore)) / positives);
    }
  }
  while (sampled.length <= STEPS) sampled.push(1);
  return sampled;
}

function countSides(isPositive: readonly boolean[], weights: Uint32Array): [number, number] {
  let [positives, negatives] = [0, 0];
  weights.forEach((weight, picture) => {
    if (isPositive[picture] === true) positives += weight;
    else negatives += weight;
  });
  return [positives, negatives];
}
