import { at } from '../../at.js';
import type { Interval } from '../../words/evaluation.js';

/** The scores of one class against the rest, or of one model. */
export interface ScoredPictures {
  name: string;
  /** Higher means more likely positive. */
  scores: readonly number[];
  isPositive: readonly boolean[];
}

/** What a model said about test pictures, one row per picture. */
export interface AnsweredPicture {
  label: number;
  /** In class order. */
  probabilities: readonly number[];
}

/**
 * The comparisons that an evaluation is made from: class 1 against class 0 where there are two, whose mirror image the
 * other is; each class against the rest where there are more.
 */
export function scoreClasses(
  classes: readonly string[],
  pictures: readonly AnsweredPicture[],
): ScoredPictures[] {
  const compared = classes.length === 2 ? [1] : [...classes.keys()];
  return compared.map((index) => ({
    name: at(classes, index),
    scores: pictures.map(({ probabilities }) => at(probabilities, index)),
    isPositive: pictures.map(({ label }) => label === index),
  }));
}

/** A stated area with its interval, where there is one. */
export interface StatedArea {
  area: number | null;
  interval: Interval | null;
}
