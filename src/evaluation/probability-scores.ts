import { meanOf, sumOf } from './arithmetic.js';

/** Mean negative logarithm of the probability of the true class; probabilities are kept 2^-52 away from 0. */
export function logLoss(labels: readonly number[], probabilities: readonly (readonly number[])[]): number {
  return meanOf(
    labels.map((label, picture) => {
      const probability = probabilities[picture]?.[label] ?? 0;
      return -Math.log(Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON));
    }),
  );
}

/** Mean squared distance to the truth: of class 1 alone for two classes (0..1), summed over the classes for more (0..2). */
export function brierScore(labels: readonly number[], probabilities: readonly (readonly number[])[]): number {
  return meanOf(
    labels.map((label, picture) => {
      const row = probabilities[picture] ?? [];
      const squares = row.map((value, index) => (value - (index === label ? 1 : 0)) ** 2);
      return row.length === 2 ? (squares[1] ?? 0) : sumOf(squares);
    }),
  );
}
