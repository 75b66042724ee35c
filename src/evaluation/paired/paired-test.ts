import type { AnsweredPair } from './answered-pair.js';
import { compareAreas } from './delong.js';
import { compareAccuracy } from './mcnemar.js';
import type { Metric } from '../metric.js';
import { countLabels, pictureContributions, weightedF1, type SummedMetric } from './picture-contributions.js';
import { swapTest } from './swap-test.js';

const SEED = 1;

/**
 * Two-sided p-value of the difference in a metric between two models on the same pictures, near-duplicates taken
 * together: exact McNemar for the accuracy, DeLong for the area under the ROC curve, a randomisation test for the rest.
 * @returns null where the test has nothing to go by
 */
export function pairedPValue(metric: Metric, pair: AnsweredPair, classCount: number): number | null {
  switch (metric) {
    case 'ACCURACY':
      return compareAccuracy(pair).pValue;
    case 'ROC_AUC':
      return compareAreas(pair, classCount)?.pValue ?? null;
    case 'F1':
      return swapTest(pair.groupCount, f1Difference(pair, classCount), SEED);
    case 'BALANCED_ACCURACY':
    case 'LOG_LOSS':
    case 'BRIER':
      return swapTest(pair.groupCount, sumDifference(pair, metric, classCount), SEED);
  }
}

/** Per picture what the first model has more of a metric than the second; the sum is the difference. */
export function pictureDifferences(
  { first, second }: AnsweredPair,
  metric: SummedMetric,
  classCount: number,
): Float64Array {
  const ofSecond = pictureContributions(second, metric, classCount);
  return pictureContributions(first, metric, classCount).map(
    (contribution, picture) => contribution - (ofSecond[picture] ?? 0),
  );
}

function sumDifference(
  pair: AnsweredPair,
  metric: SummedMetric,
  classCount: number,
): (isSwapped: Uint8Array) => number {
  const ofGroups = new Float64Array(pair.groupCount);
  pictureDifferences(pair, metric, classCount).forEach((difference, picture) => {
    const group = pair.groups[picture] ?? 0;
    ofGroups[group] = (ofGroups[group] ?? 0) + difference;
  });
  return (isSwapped) => {
    let sum = 0;
    for (let group = 0; group < ofGroups.length; group++) {
      const difference = ofGroups[group] ?? 0;
      sum += isSwapped[group] === 1 ? -difference : difference;
    }
    return sum;
  };
}

/** Difference of the F1 weighted by support, as reported. */
function f1Difference(pair: AnsweredPair, classCount: number): (isSwapped: Uint8Array) => number {
  const { first, second, labels, groups } = pair;
  const supports = countLabels(labels, classCount);
  const f1Of = (answerTo: (picture: number) => number): number => {
    const [said, right] = [new Float64Array(classCount), new Float64Array(classCount)];
    for (let picture = 0; picture < labels.length; picture++) {
      const answer = answerTo(picture);
      said[answer] = (said[answer] ?? 0) + 1;
      if (answer === labels[picture]) right[answer] = (right[answer] ?? 0) + 1;
    }
    return weightedF1(right, said, supports);
  };
  return (isSwapped) => {
    const isExchanged = (picture: number) => isSwapped[groups[picture] ?? 0] === 1;
    return (
      f1Of((picture) => (isExchanged(picture) ? second : first).predicted[picture] ?? 0) -
      f1Of((picture) => (isExchanged(picture) ? first : second).predicted[picture] ?? 0)
    );
  };
}
