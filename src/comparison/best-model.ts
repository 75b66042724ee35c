import type { DatabaseScope } from '../db/client.js';
import type { Interval } from '../words/evaluation.js';
import { metricInterval } from '../evaluation/metric-interval.js';
import type { Metric } from '../evaluation/metric.js';
import { GelqlError } from '../errors.js';
import {
  countOnSameTest,
  findElsewhere,
  findOnSameTest,
  findSurestResult,
  hasOtherModel,
  type EvaluatedModel,
  type ResultScope,
} from './best-model-rows.js';
import { addElsewhere, chooseBestModel, type Decision, type DecisionRule } from './choose-best-model.js';
import { toCandidates, type EvaluatedCandidate } from './evaluated-candidate.js';
import { explainBestModel } from './explain-best-model.js';
import type { Evidence } from './model-evidence.js';
import type { ResultRow } from '../registry/results.js';
import { loadAnswers } from './test-answers.js';

/** Defaults: accuracy, on whatever test pictures. */
export type BestModelQuestion = { [K in keyof ResultScope]?: ResultScope[K] | null | undefined };

/** A model that is not shown to be worse than the winner. */
export interface TiedModel extends EvaluatedModel {
  value: number;
  /** Compares the winner, first, with this model, second. */
  evidence: Evidence;
}

export interface BestModel extends EvaluatedModel {
  metric: Metric;
  value: number;
  /** 95 %; null where most resamples leave the metric undefined or no answers are known. */
  interval: Interval | null;
  decidedBy: DecisionRule;
  /** The decision in plain words. */
  explanation: string;
  /** Models with a result on the winner's test pictures, itself included. */
  comparedCount: number;
  /** Best first, those tested on other pictures last; at most 100 and 50. */
  ties: TiedModel[];
}

/** Models compared picture by picture, at most: the best of those with a result on the same pictures. */
const MAX_COMPARED = 100;
/** Answers read for it, at most. */
const MAX_ANSWERS = 200_000;
const MAX_ELSEWHERE = 50;

/**
 * The best model, which answers where none is named. The test pictures that count are those of the result with the
 * highest lower bound of its accuracy interval, so that few lucky pictures do not beat many good ones; the models that
 * were tested on them are compared picture by picture (choose-best-model.ts).
 * @returns null where no model is registered
 * @throws GelqlError NOT_FOUND where none was tested on what the question names
 */
export async function findBestModel(
  scope: DatabaseScope,
  question: BestModelQuestion = {},
): Promise<BestModel | null> {
  const within: ResultScope = {
    metric: question.metric ?? 'ACCURACY',
    dataset: question.dataset ?? null,
    testDigest: question.testDigest ?? null,
  };
  const tested = await findSurestResult(scope, within);
  if (tested === undefined) return refuseUnknown(within);
  const limit = Math.max(2, Math.min(MAX_COMPARED, Math.floor(MAX_ANSWERS / tested.testCount)));
  const rows = await findOnSameTest(scope, tested, within, limit);
  const answers = await loadAnswers(scope, rows);
  const candidates = toCandidates(rows, within.metric, answers);
  const comparedCount = rows.length < limit ? rows.length : await countOnSameTest(scope, tested, within);
  const classCount = tested.evaluation.classes.length;
  const chosen = chooseBestModel(candidates, { metric: within.metric, classCount });
  const decision = await considerElsewhere(scope, tested, within, chosen);
  return describe(decision, { metric: within.metric, comparedCount, candidateCount: candidates.length });
}

/** With the models that were tested on other pictures, where accuracies, whose intervals are stored, are compared. */
async function considerElsewhere(
  scope: DatabaseScope,
  tested: ResultRow,
  within: ResultScope,
  decision: Decision<EvaluatedCandidate>,
): Promise<Decision<EvaluatedCandidate>> {
  const { winner } = decision;
  if (within.metric !== 'ACCURACY' || winner.interval === null) return decision;
  const rows = await findElsewhere(scope, tested, within, {
    reaching: winner.interval.low,
    limit: MAX_ELSEWHERE,
  });
  const areMore = rows.length > 0 || (await hasOtherModel(scope, winner.model, within));
  return addElsewhere(decision, toCandidates(rows, within.metric), areMore);
}

function describe(
  decision: Decision<EvaluatedCandidate>,
  facts: { metric: Metric; comparedCount: number; candidateCount: number },
): BestModel {
  const { winner, decidedBy, ties } = decision;
  const interval = intervalOf(winner, facts.metric);
  return {
    model: winner.model,
    result: winner.result,
    metric: facts.metric,
    value: winner.value,
    interval,
    decidedBy,
    explanation: explainBestModel(decision, { ...facts, interval }),
    comparedCount: facts.comparedCount,
    ties: ties.map(({ candidate: { model, result, value }, evidence }) => ({
      model,
      result,
      value,
      evidence,
    })),
  };
}

function intervalOf({ result, interval, answers }: EvaluatedCandidate, metric: Metric): Interval | null {
  if (metric === 'ACCURACY' || metric === 'ROC_AUC' || answers === null) return interval;
  return metricInterval(metric, answers, result.evaluation.classes.length);
}

function refuseUnknown({ dataset, testDigest }: ResultScope): null {
  if (testDigest !== null) {
    throw new GelqlError(
      'NOT_FOUND',
      `No model was tested on the pictures of the test digest ${testDigest}.`,
    );
  }
  if (dataset !== null) {
    throw new GelqlError('NOT_FOUND', `No model was tested on pictures of a data set "${dataset}".`);
  }
  return null;
}
