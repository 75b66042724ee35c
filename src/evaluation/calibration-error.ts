import { createRandom } from '../random.js';
import { groupPositions, indexOfLargest, sumOf } from './arithmetic.js';
import type { CalibrationError } from '../words/evaluation.js';

const BINS = 15;
const SIMULATIONS = 1000;

/** The answers as calibration sees them, one entry per answer in each list. */
interface Confidences {
  /** 0..BINS-1. */
  bin: Int32Array;
  /** Probability of the classes before the answered one, and with it: a uniform draw between the two makes it right. */
  start: Float64Array;
  end: Float64Array;
  /** Number of its group, from 0. */
  group: Int32Array;
  groupCount: number;
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
  const confidences = describeConfidences(probabilities, answers, groups);
  const random = createRandom(seed, 'calibration null');
  const draws = new Float64Array(confidences.groupCount);
  let simulated = 0;
  for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
    for (let group = 0; group < draws.length; group++) draws[group] = random.nextFloat();
    simulated += errorWhere(confidences, (answer) => {
      const draw = draws[confidences.group[answer] ?? 0] ?? 0;
      return draw >= (confidences.start[answer] ?? 0) && draw < (confidences.end[answer] ?? 0);
    });
  }
  return {
    value: errorWhere(confidences, (answer) => labels[answer] === answers[answer]),
    nullValue: simulated / SIMULATIONS,
  };
}

function describeConfidences(
  probabilities: readonly (readonly number[])[],
  answers: readonly number[],
  groups: readonly string[],
): Confidences {
  const values = probabilities.map((row, index) => row[answers[index] ?? 0] ?? 0);
  const rankOf = new Map<number, number>();
  values.toSorted((left, right) => right - left).forEach((value, rank) => rankOf.set(value, rank));
  const start = Float64Array.from(probabilities, (row, index) => sumOf(row.slice(0, answers[index])));
  const group = new Int32Array(groups.length);
  const gathered = groupPositions(groups);
  gathered.forEach((positions, number) => {
    for (const position of positions) group[position] = number;
  });
  return {
    bin: Int32Array.from(values, (value) => Math.floor((BINS * (rankOf.get(value) ?? 0)) / values.length)),
    start,
    end: start.map((before, index) => before + (values[index] ?? 0)),
    group,
    groupCount: gathered.length,
  };
}

/** Counted in place: it is asked a thousand times, on the thread that answers requests. */
function errorWhere({ bin, start, end }: Confidences, isRight: (answer: number) => boolean): number {
  const excess = new Float64Array(BINS);
  for (let answer = 0; answer < bin.length; answer++) {
    const number = bin[answer] ?? 0;
    const probability = (end[answer] ?? 0) - (start[answer] ?? 0);
    excess[number] = (excess[number] ?? 0) + (isRight(answer) ? 1 : 0) - probability;
  }
  let sum = 0;
  for (const value of excess) sum += Math.abs(value);
  return sum / bin.length;
}
