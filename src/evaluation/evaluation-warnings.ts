import type { EvaluationWarning } from '../words/evaluation.js';

/** Independent groups per class: below the first an accuracy says next to nothing, below the second it says little. */
const FEWEST_EVALUABLE = 10;
const FEWEST_FOR_NARROW = 30;
/** With fewer pictures even a perfectly calibrated classifier shows an error of several percent. */
export const FEWEST_FOR_CALIBRATION_ERROR = 200;

/** @param groupCounts independent groups with test pictures of each class, in the order of `classes` */
export function warningsOf(
  classes: readonly string[],
  groupCounts: readonly number[],
  pictureCount: number,
): EvaluationWarning[] {
  const fewest = Math.min(...groupCounts);
  const name = classes[groupCounts.indexOf(fewest)] ?? '';
  const found = `Class "${name}" has ${fewest} independent ${fewest === 1 ? 'group' : 'groups'} of test pictures`;
  const warnings: EvaluationWarning[] = [];
  if (fewest < FEWEST_EVALUABLE) {
    warnings.push({
      code: 'NOT_EVALUABLE',
      message: `${found}; below ${FEWEST_EVALUABLE} the figures do not say how good the model is.`,
    });
  } else if (fewest < FEWEST_FOR_NARROW) {
    warnings.push({
      code: 'WIDE_INTERVALS',
      message: `${found}; below ${FEWEST_FOR_NARROW} the intervals are wide.`,
    });
  }
  if (pictureCount < FEWEST_FOR_CALIBRATION_ERROR) {
    warnings.push({
      code: 'NO_CALIBRATION_ERROR',
      message: `The calibration error is left out: ${pictureCount} test pictures, it needs ${FEWEST_FOR_CALIBRATION_ERROR}.`,
    });
  }
  return warnings;
}
