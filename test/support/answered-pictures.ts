import type { AnsweredPictures } from '../../src/evaluation/paired/answered-pair.js';

/** Answers of a model for two classes, from its probability of class 1; each picture alone where no group is given. */
export function answered(
  labels: readonly number[],
  probabilities: readonly number[],
  groups: readonly number[] = labels.map((_, picture) => picture),
): AnsweredPictures {
  return {
    labels,
    predicted: probabilities.map((probability) => (probability > 0.5 ? 1 : 0)),
    probabilities: probabilities.map((probability) => [1 - probability, probability]),
    groups,
    groupCount: Math.max(-1, ...groups) + 1,
  };
}
