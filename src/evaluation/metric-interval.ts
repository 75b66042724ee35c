import type { AnsweredPictures } from './paired/answered-pair.js';
import type { Interval } from '../words/evaluation.js';
import { bootstrapInterval } from './intervals.js';
import type { Metric } from './metric.js';
import { countLabels, pictureContributions, weightedF1 } from './paired/picture-contributions.js';

const SEED = 1;

/** Metrics whose interval is not stored with the evaluation. */
export type ResampledMetric = Exclude<Metric, 'ACCURACY' | 'ROC_AUC'>;

/** 95 % interval by resampling groups of near-duplicates; null where most resamples leave the metric undefined. */
export function metricInterval(
  metric: ResampledMetric,
  answers: AnsweredPictures,
  classCount: number,
): Interval | null {
  const statistic = metric === 'F1' || metric === 'BALANCED_ACCURACY' ? byClass(metric) : byPicture(metric);
  return bootstrapInterval(Array.from(answers.groups, String), statistic(answers, classCount), SEED);
}

type Statistic = (answers: AnsweredPictures, classCount: number) => (weights: Uint32Array) => number | null;

const byPicture =
  (metric: 'LOG_LOSS' | 'BRIER'): Statistic =>
  (answers, classCount) => {
    const contributions = pictureContributions(answers, metric, classCount);
    return (weights) => {
      let [sum, total] = [0, 0];
      for (let picture = 0; picture < weights.length; picture++) {
        sum += (weights[picture] ?? 0) * (contributions[picture] ?? 0) * weights.length;
        total += weights[picture] ?? 0;
      }
      return sum / total;
    };
  };

const byClass =
  (metric: 'F1' | 'BALANCED_ACCURACY'): Statistic =>
  ({ labels, predicted }, classCount) =>
  (weights) => {
    const supports = countLabels(labels, classCount, weights);
    const said = countLabels(predicted, classCount, weights);
    const isRight = weights.map((weight, picture) => (predicted[picture] === labels[picture] ? weight : 0));
    const right = countLabels(labels, classCount, isRight);
    if (metric === 'F1') return weightedF1(right, said, supports);
    const present = [...supports.keys()].filter((index) => (supports[index] ?? 0) > 0);
    const recalls = present.map((index) => (right[index] ?? 0) / (supports[index] ?? 1));
    return recalls.reduce((sum, recall) => sum + recall, 0) / present.length;
  };
