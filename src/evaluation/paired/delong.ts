import type { AnsweredPair } from './answered-pair.js';
import type { Interval } from '../../words/evaluation.js';
import { twoSidedNormal } from './normal-distribution.js';

/** Half width of a 95 % interval in standard errors. */
const Z = 1.959963984540054;
/** Below this a standard error is what rounding leaves of 0. */
const NEGLIGIBLE = 1e-12;

export interface AreaComparison {
  first: number;
  second: number;
  /** first - second */
  difference: number;
  /** 95 %. It and the p-value are null where the spread cannot be estimated, as between two models without an error. */
  interval: Interval | null;
  pValue: number | null;
}

/**
 * The areas under two models' ROC curves on the same pictures: difference with 95 % interval and two-sided p-value
 * (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988), near-duplicates taken together (Obuchowski, Biometrics 53,
 * 1997; the same where every group has one picture). For more than two classes of the macro mean of each class against
 * the rest. An approximation for many pictures: with few, or areas near 1, the p-value is rough.
 * @returns null where an area is undefined: a class without pictures
 */
export function compareAreas(pair: AnsweredPair, classCount: number): AreaComparison | null {
  const classes = classCount === 2 ? [1] : Array.from({ length: classCount }, (_, index) => index);
  const parts = classes.map((index) => compareClass(pair, index));
  if (parts.some((part) => part === null)) return null;
  const mean = (valueOf: (part: ClassAreas) => number) =>
    parts.reduce((sum, part) => sum + (part === null ? 0 : valueOf(part)), 0) / parts.length;
  const [first, second] = [mean((part) => part.first), mean((part) => part.second)];
  const difference = first - second;
  let variance = 0;
  for (let group = 0; group < pair.groupCount; group++) {
    variance += mean(({ influences }) => influences[group] ?? 0) ** 2;
  }
  const error = Math.sqrt(variance);
  if (!(error > NEGLIGIBLE)) return { first, second, difference, interval: null, pValue: null };
  return {
    first,
    second,
    difference,
    interval: { low: difference - Z * error, high: difference + Z * error },
    pValue: twoSidedNormal(difference / error),
  };
}

interface ClassAreas {
  first: number;
  second: number;
  /** By how much each group pulls the difference from its expectation; NaN where a class has a single group. */
  influences: Float64Array;
}

function compareClass({ first, second, labels, groups, groupCount }: AnsweredPair, index: number) {
  const isPositive = Array.from(labels, (label) => label === index);
  const scoresOf = (rows: AnsweredPair['first']['probabilities']) => rows.map((row) => row[index] ?? 0);
  const a = placements(scoresOf(first.probabilities), isPositive);
  const b = placements(scoresOf(second.probabilities), isPositive);
  if (a === null || b === null) return null;
  const influences = new Float64Array(groupCount);
  for (const side of [true, false]) {
    const pictures = [...isPositive.keys()].filter((picture) => isPositive[picture] === side);
    const groupsOfSide = new Set(pictures.map((picture) => groups[picture])).size;
    const scale = groupsOfSide < 2 ? NaN : Math.sqrt(groupsOfSide / (groupsOfSide - 1)) / pictures.length;
    for (const picture of pictures) {
      const deviation = (a.values[picture] ?? 0) - a.area - ((b.values[picture] ?? 0) - b.area);
      const group = groups[picture] ?? 0;
      influences[group] = (influences[group] ?? 0) + scale * deviation;
    }
  }
  return { first: a.area, second: b.area, influences } satisfies ClassAreas;
}

/**
 * For each positive picture the share of the negative ones below it, for each negative one the share of the positive
 * ones above, ties counting one half; the mean over either side is the area. From ranks, so that it is one sort.
 */
function placements(scores: readonly number[], isPositive: readonly boolean[]) {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  if (positives === 0 || negatives === 0) return null;
  const order = [...scores.keys()].sort((left, right) => (scores[left] ?? 0) - (scores[right] ?? 0));
  const values = new Float64Array(scores.length);
  let [positivesBelow, negativesBelow, total] = [0, 0, 0];
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && scores[order[end] ?? 0] === scores[order[start] ?? 0]) end++;
    const tied = order.slice(start, end);
    const tiedPositives = tied.filter((picture) => isPositive[picture]).length;
    const tiedNegatives = tied.length - tiedPositives;
    for (const picture of tied) {
      values[picture] =
        isPositive[picture] === true
          ? (negativesBelow + tiedNegatives / 2) / negatives
          : (positives - positivesBelow - tiedPositives / 2) / positives;
    }
    total += tiedPositives * (negativesBelow + tiedNegatives / 2);
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
  }
  return { values, area: total / (positives * negatives) };
}
