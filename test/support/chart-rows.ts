import type { Evaluation } from '../../src/words/evaluation.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { createRandom } from '../../src/random.js';
import type { AccuracyResult } from '../../src/reports/charts/accuracy-bars-chart.js';
import type { MetricsResult } from '../../src/reports/charts/metrics-heat-map.js';
import type { TimedResult } from '../../src/reports/charts/training-time-chart.js';
import type { ScoredAnswer } from '../../src/reports/gallery.js';
import { REFERENCE_ARCHITECTURES } from '../../src/words/architecture.js';

/** Answers to `count` pictures, mostly right; the same arguments give the same answers. */
export function makeAnswers(
  classes: readonly string[],
  count: number,
  present = classes.length,
): (ScoredAnswer & { probabilities: number[] })[] {
  const random = createRandom(count, 'answers');
  return Array.from({ length: count }, (_, index) => {
    const label = index % present;
    const weights = classes.map((_name, position) =>
      Math.exp((position === label ? 1.5 : 0) + 3 * random.nextFloat()),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probabilities = weights.map((weight) => weight / total);
    return {
      name: `test/${classes[label]}/${index}.png`,
      sha256: index.toString(16).padStart(64, '0'),
      label,
      predicted: probabilities.indexOf(Math.max(...probabilities)),
      probabilities,
    };
  });
}

export function evaluateAnswers(classes: readonly string[], answers: readonly ScoredAnswer[]): Evaluation {
  return evaluate({
    classes,
    labels: answers.map(({ label }) => label),
    probabilities: answers.map(({ probabilities }) => probabilities),
  });
}

/** Rows of a results table, the accuracy falling from row to row. */
export function makeResults(count: number): (AccuracyResult & MetricsResult & TimedResult)[] {
  return Array.from({ length: count }, (_, index) => {
    const accuracy = 1 - index / (2 * count);
    return {
      modelName: `model-${index + 1}`,
      datasetName: 'pictures',
      kind: 'HOLDOUT',
      pretrainedModel: REFERENCE_ARCHITECTURES[index % REFERENCE_ARCHITECTURES.length] ?? 'resnet18',
      hardwareType: index % 2 === 0 ? 'CPU' : 'GPU',
      trainable: 'HEAD',
      trainingTimeMins: 0.1 * (index + 1),
      accuracy,
      accuracyLow: accuracy - 0.2,
      accuracyHigh: Math.min(1, accuracy + 0.1),
      testCount: 22,
      testDigest: 'one',
      precision: accuracy,
      recall: accuracy,
      f1: accuracy,
      rocAuc: index % 5 === 3 ? null : accuracy,
      evaluation: { balancedAccuracy: accuracy, mcc: 2 * accuracy - 1 },
    };
  });
}
