import { createRandom } from '../random.js';
import { groupPositions, indexOfLargest, sumOf } from './arithmetic.js';
import type { CalibrationError } from './evaluation.js';

const BINS = 15;
const SIMULATIONS = 1000;

/** An answer as calibration sees it. */
interface Confidence {
  /** Probability of the answer. */
  value: number;
  /** 0..BINS-1. */
  bin: number;
  /** Probability of the classes before the answered one: a uniform draw in [start, start + value) makes it right. */
  start: number;
}

/**
 * Expected calibration error: answers sorted by the probability of their class fall into 15 bins of equal mass; the
 * error is the mean over the answers of |share right - mean probability| of their bin (Guo et al., ICML 2017; equal mass:
 * Nguyen and O'Connor, EMNLP 2015). Equal probabilities share a bin. Beside it its mean over 1000 simulations in which the
 * true classes are drawn from the same probabilities, one draw for each group: what a perfectly calibrated classifier
 * would show on these pictures.
 * @param labels, probabilities, groups one entry per answer, at least one
 */
export function measureCalibrationError(
  labels: readonly number[],
  probabilities: readonly (readonly number[])[],
  groups: readonly string[],
  seed: number,
): CalibrationError {
  const answers = probabilities.map(indexOfLargest);
  const confidences = describeConfidences(probabilities, answers);
  const expected = sumByBin(confidences, ({ value }) => value);
  const errorWhere = (isRight: (answer: number) => boolean) => {
    const right = sumByBin(confidences, (_, answer) => Number(isRight(answer)));
    return sumOf(right.map((sum, bin) => Math.abs(sum - (expected[bin] ?? 0)))) / confidences.length;
  };

  const { groupOf, groupCount } = numberGroups(groups);
  const random = createRandom(seed, 'calibration null');
  const simulated = Array.from({ length: SIMULATIONS }, () => {
    const draws = Float64Array.from({ length: groupCount }, () => random.nextFloat());
    return errorWhere((answer) => {
      const { start, value } = confidences[answer] ?? { start: 0, value: 0 };
      const draw = draws[groupOf[answer] ?? 0] ?? 0;
      return draw >= start && draw < start + value;
    });
  });
  return {
    value: errorWhere((answer) => labels[answer] === answers[answer]),
    nullValue: sumOf(simulated) / SIMULATIONS,
  };
}

function describeConfidences(
  probabilities: readonly (readonly number[])[],
  answers: readonly number[],
): Confidence[] {
  const values = probabilities.map((row, index) => row[answers[index] ?? 0] ?? 0);
  const rankOf = new Map<number, number>();
  values.toSorted((left, right) => right - left).forEach((value, rank) => rankOf.set(value, rank));
  return values.map((value, index) => ({
    value,
    bin: Math.floor((BINS * (rankOf.get(value) ?? 0)) / values.length),
    start: sumOf((probabilities[index] ?? []).slice(0, answers[index])),
  }));
}

function sumByBin(
  confidences: readonly Confidence[],
  valueOf: (confidence: Confidence, answer: number) => number,
): number[] {
  const sums = new Array<number>(BINS).fill(0);
  confidences.forEach((confidence, answer) => {
    sums[confidence.bin] = (sums[confidence.bin] ?? 0) + valueOf(confidence, answer);
  });
  return sums;
}

/** The number of each answer's group, and how many groups there are. */
function numberGroups(groups: readonly string[]): { groupOf: number[]; groupCount: number } {
  const groupOf = new Array<number>(groups.length).fill(0);
  const gathered = groupPositions(groups);
  gathered.forEach((positions, number) => {
    for (const position of positions) groupOf[position] = number;
  });
  return { groupOf, groupCount: gathered.length };
}
