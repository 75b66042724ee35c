import type { AnsweredPictures } from '../evaluation/paired/answered-pair.js';
import type { Interval } from '../words/evaluation.js';
import type { Metric } from '../evaluation/metric.js';
import type { EvaluatedModel } from './best-model-rows.js';
import type { Candidate } from './candidate.js';
import { countParameters } from './model-size.js';
import type { ResultRow } from '../registry/results.js';

export interface EvaluatedCandidate extends Candidate, EvaluatedModel {}

/**
 * @param answers of the rows' results; those that do not go with the first row's, because classes or pictures are
 * others, count as not known
 */
export function toCandidates(
  rows: readonly EvaluatedModel[],
  metric: Metric,
  answers: ReadonlyMap<string, AnsweredPictures> = new Map(),
): EvaluatedCandidate[] {
  const [first] = rows;
  return rows.map(({ model, result }) => {
    const own = answers.get(result.id);
    const isLikeFirst =
      String(first?.result.evaluation.classes) === String(result.evaluation.classes) &&
      own?.labels.length === first?.result.testCount;
    return {
      model,
      result,
      modelId: model.id,
      value: valueOf(metric, result),
      interval: storedInterval(metric, result),
      logLoss: result.logLoss,
      inferenceTimeSecs: result.inferenceTimeSecs,
      timedOn: `${model.device} ${model.featureEngine}`,
      get parameterCount() {
        return countParameters(model);
      },
      answers: isLikeFirst ? (own ?? null) : null,
    };
  });
}

function valueOf(metric: Metric, result: ResultRow): number {
  switch (metric) {
    case 'ACCURACY':
      return result.accuracy;
    case 'BALANCED_ACCURACY':
      return result.evaluation.balancedAccuracy;
    case 'F1':
      return result.f1;
    case 'ROC_AUC':
      // Results without one are not asked for.
      return result.rocAuc ?? 0;
    case 'LOG_LOSS':
      return result.logLoss;
    case 'BRIER':
      return result.brier;
  }
}

function storedInterval(
  metric: Metric,
  { accuracyLow, accuracyHigh, evaluation }: ResultRow,
): Interval | null {
  if (metric === 'ACCURACY') return { low: accuracyLow, high: accuracyHigh };
  return metric === 'ROC_AUC' ? evaluation.rocAucInterval : null;
}
