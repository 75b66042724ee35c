import { sumOf } from './arithmetic.js';
import type { ClassMetrics } from '../words/evaluation.js';
import { proportionOf } from './intervals.js';

/** confusion[actual][predicted], counts. */
export function countConfusion(
  classCount: number,
  labels: readonly number[],
  predicted: readonly number[],
): number[][] {
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  labels.forEach((label, picture) => {
    const row = confusion[label];
    const said = predicted[picture];
    if (row !== undefined && said !== undefined) row[said] = (row[said] ?? 0) + 1;
  });
  return confusion;
}

/** For any number of classes (Gorodkin, Computational Biology and Chemistry 28, 2004); 0 where it is undefined. */
export function matthewsCorrelation(confusion: readonly (readonly number[])[]): number {
  const actual = confusion.map(sumOf);
  const said = confusion.map((_, column) => sumOf(confusion.map((row) => row[column] ?? 0)));
  const total = sumOf(actual);
  const correct = sumOf(confusion.map((row, index) => row[index] ?? 0));
  const product = (left: number[], right: number[]) =>
    sumOf(left.map((value, index) => value * (right[index] ?? 0)));
  const covariance = correct * total - product(actual, said);
  const scale = Math.sqrt((total ** 2 - product(actual, actual)) * (total ** 2 - product(said, said)));
  return scale === 0 ? 0 : covariance / scale;
}

/**
 * Precision, recall and F1 of one class. F1 is 2 tp / (2 tp + fp + fn), 0 where that is 0 / 0.
 * @param index row and column of the class in `confusion`
 * @param groupCounts independent groups among the answers of this class and among those to it
 */
export function measureClass(
  name: string,
  index: number,
  confusion: readonly (readonly number[])[],
  groupCounts: { predicted: number; actual: number },
): ClassMetrics {
  const row = confusion[index] ?? [];
  const truePositives = row[index] ?? 0;
  const support = sumOf(row);
  const said = sumOf(confusion.map((values) => values[index] ?? 0));
  return {
    name,
    support,
    precision: proportionOf(truePositives, said, groupCounts.predicted),
    recall: proportionOf(truePositives, support, groupCounts.actual),
    f1: support + said === 0 ? 0 : (2 * truePositives) / (support + said),
  };
}
