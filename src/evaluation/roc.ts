export interface RocPoint {
  falsePositiveRate: number;
  truePositiveRate: number;
}

export interface PrecisionRecallPoint {
  recall: number;
  precision: number;
  /** The lowest score that still counts as positive. */
  threshold: number;
}

/** How many of the highest scores are positive and negative, after each distinct score from the highest down. */
interface Cut {
  threshold: number;
  truePositives: number;
  falsePositives: number;
}

/**
 * Area under the ROC curve as a rank statistic: the chance that a positive picture scores above a negative one, ties
 * counting one half (Hanley and McNeil, Radiology 143, 1982).
 * @param scores higher means more likely positive
 * @returns 0..1, null where one side is empty
 */
export function areaUnderRoc(scores: readonly number[], isPositive: readonly boolean[]): number | null {
  return createRocArea(scores, isPositive)(new Uint32Array(scores.length).fill(1));
}

/**
 * Sorts once, so that the area can be computed for many weights of the same pictures (resamples) in one pass each.
 * @returns area by weights: how often each picture counts, whole numbers from 0
 */
export function createRocArea(
  scores: readonly number[],
  isPositive: readonly boolean[],
): (weights: Uint32Array) => number | null {
  const order = sortDescending(scores);
  const sorted = order.map((picture) => scores[picture] ?? 0);
  const positive = order.map((picture) => isPositive[picture] === true);
  return (weights) => {
    let [positives, negatives, wins] = [0, 0, 0];
    for (let start = 0, end = 0; start < order.length; start = end) {
      let [tiedPositives, tiedNegatives] = [0, 0];
      for (; end < order.length && sorted[end] === sorted[start]; end++) {
        const weight = weights[order[end] ?? 0] ?? 0;
        if (positive[end] === true) tiedPositives += weight;
        else tiedNegatives += weight;
      }
      wins += tiedNegatives * (positives + tiedPositives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
    }
    return positives === 0 || negatives === 0 ? null : wins / (positives * negatives);
  };
}

/**
 * The ROC curve from (0, 0) to (1, 1), one point per distinct score.
 * @returns an empty list where one side is empty
 */
export function rocPoints(scores: readonly number[], isPositive: readonly boolean[]): RocPoint[] {
  const cuts = cutScores(scores, isPositive);
  const { truePositives: positives, falsePositives: negatives } = lastOf(cuts);
  if (positives === 0 || negatives === 0) return [];
  return [START, ...cuts].map(({ truePositives, falsePositives }) => ({
    falsePositiveRate: falsePositives / negatives,
    truePositiveRate: truePositives / positives,
  }));
}

/**
 * Precision and recall at each distinct score, recall ascending.
 * @returns an empty list where no picture is positive
 */
export function precisionRecallPoints(
  scores: readonly number[],
  isPositive: readonly boolean[],
): PrecisionRecallPoint[] {
  const cuts = cutScores(scores, isPositive);
  const { truePositives: positives } = lastOf(cuts);
  if (positives === 0) return [];
  return cuts.map(({ threshold, truePositives, falsePositives }) => ({
    recall: truePositives / positives,
    precision: truePositives / (truePositives + falsePositives),
    threshold,
  }));
}

/**
 * Sum over the cuts of (gain in recall) x precision, without interpolation.
 * @returns 0..1, null where no picture is positive
 */
export function averagePrecision(scores: readonly number[], isPositive: readonly boolean[]): number | null {
  const points = precisionRecallPoints(scores, isPositive);
  if (points.length === 0) return null;
  return points.reduce(
    (sum, { recall, precision }, index) => sum + (recall - (points[index - 1]?.recall ?? 0)) * precision,
    0,
  );
}

const START: Cut = { threshold: Infinity, truePositives: 0, falsePositives: 0 };

function cutScores(scores: readonly number[], isPositive: readonly boolean[]): Cut[] {
  const order = sortDescending(scores);
  const cuts: Cut[] = [];
  let { truePositives, falsePositives } = START;
  order.forEach((picture, position) => {
    if (isPositive[picture] === true) truePositives++;
    else falsePositives++;
    const threshold = scores[picture] ?? 0;
    const next = order[position + 1];
    if (next === undefined || scores[next] !== threshold) {
      cuts.push({ threshold, truePositives, falsePositives });
    }
  });
  return cuts;
}

function sortDescending(scores: readonly number[]): number[] {
  return [...scores.keys()].sort((left, right) => (scores[right] ?? 0) - (scores[left] ?? 0));
}

function lastOf(cuts: readonly Cut[]): Cut {
  return cuts.at(-1) ?? START;
}
