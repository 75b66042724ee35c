import type { Interval } from '../words/evaluation.js';
import { isLoss, type Metric } from '../evaluation/metric.js';
import type { Decision } from './choose-best-model.js';
import type { EvaluatedCandidate } from './evaluated-candidate.js';
import type { TieBreaker } from './tie-breakers.js';

export interface ExplainedFacts {
  metric: Metric;
  /** Interval of the winner's value. */
  interval: Interval | null;
  /** Models with a result on the same pictures, and how many of them, the best, were looked at. */
  comparedCount: number;
  candidateCount: number;
}

type Explained = Decision<EvaluatedCandidate>;

const NAMES: Record<Metric, string> = {
  ACCURACY: 'accuracy',
  BALANCED_ACCURACY: 'balanced accuracy',
  F1: 'F1',
  ROC_AUC: 'area under the ROC curve',
  LOG_LOSS: 'log loss',
  BRIER: 'Brier score',
};

const TESTS: Record<Metric, string> = {
  ACCURACY: 'exact McNemar test',
  BALANCED_ACCURACY: 'paired randomisation test',
  F1: 'paired randomisation test',
  ROC_AUC: 'DeLong test',
  LOG_LOSS: 'paired randomisation test',
  BRIER: 'paired randomisation test',
};

const LEFT_BY: Record<TieBreaker, { several: string; one: string }> = {
  CALIBRATION: {
    several: 'have a log loss that is not shown to be above the lowest',
    one: 'has the lowest log loss, by more than its noise',
  },
  LATENCY: {
    several: 'answer about as fast as the fastest',
    one: 'answers fastest, by more than the noise of the measurement',
  },
  SIZE: { several: 'have the fewest parameters', one: 'has the fewest parameters' },
  AGE: { several: 'are the oldest', one: 'is the oldest' },
};

/** A decision in a few plain sentences. */
export function explainBestModel(decision: Explained, facts: ExplainedFacts): string {
  const sentences = [
    describeWinner(decision, facts),
    ...describeComparison(decision, facts),
    ...describeSteps(decision),
    ...describeElsewhere(decision),
  ];
  return sentences.join(' ');
}

/** Losses as they are, shares in percent. */
export function spellValue(metric: Metric, value: number): string {
  if (isLoss(metric) || metric === 'ROC_AUC') return value.toFixed(4);
  return `${(value * 100).toFixed(2)} %`;
}

function describeWinner(
  { winner: { model, result, value } }: Explained,
  { metric, interval }: ExplainedFacts,
) {
  const spell = (number: number) => spellValue(metric, number);
  const range = interval === null ? '' : ` (95 % interval ${spell(interval.low)} to ${spell(interval.high)})`;
  const pictures = `${result.testCount} ${result.kind === 'CROSS_VALIDATION' ? 'cross-validated' : 'test'} pictures`;
  return `${model.name}: ${NAMES[metric]} ${spell(value)}${range} on ${pictures} of ${result.datasetName}.`;
}

function describeComparison({ leader, winner, ties }: Explained, facts: ExplainedFacts): string[] {
  const { metric, comparedCount } = facts;
  if (comparedCount === 1) return ['No other model was tested on these pictures.'];
  const tied = ties.filter(({ candidate }) => isOnSameTest(candidate, winner));
  const isUnknown = tied.length > 0 && tied.every(({ evidence }) => evidence.paired === null);
  if (isUnknown) {
    return [
      `${shareOfOthers(tied.length, facts)} not told from it: intervals overlap, and what they answered to each picture is not known.`,
    ];
  }
  const test = `(${TESTS[metric]}, near-duplicates counted once, Holm correction, 5 % level)`;
  if (tied.length === 0) return [`${shareOfOthers(comparedCount - 1, facts)} shown to be worse ${test}.`];
  if (leader === winner) {
    return [`${shareOfOthers(tied.length, facts)} not shown to be worse ${test}.`];
  }
  const best = `The ${isLoss(metric) ? 'lowest' : 'highest'} ${NAMES[metric]} is ${spellValue(metric, leader.value)}, of ${leader.model.name}`;
  return [
    `${best}; ${tied.length} of its ${facts.candidateCount - 1} rivals, this one among them, ${areOrIs(tied.length)} not shown to be worse ${test}.`,
  ];
}

/** Subject and verb: `3 of the 7 other models tested on these pictures are`. */
function shareOfOthers(count: number, { comparedCount, candidateCount }: ExplainedFacts): string {
  const others = candidateCount - 1;
  const all = comparedCount - 1;
  const models = all === others ? 'other models' : `next best of ${all} other models`;
  if (all === 1) return 'The only other model tested on these pictures is';
  if (count === others) return `All ${others} ${models} tested on these pictures are`;
  return `${count} of the ${others} ${models} tested on these pictures ${areOrIs(count)}`;
}

const areOrIs = (count: number): string => (count === 1 ? 'is' : 'are');

function describeSteps({ steps, ties, winner }: Explained): string[] {
  let before =
    1 +
    ties.filter(({ candidate, evidence }) => isOnSameTest(candidate, winner) && evidence.paired !== null)
      .length;
  return steps.flatMap(({ rule, left }) => {
    const start = `Of these ${before}`;
    if (left === before) return [];
    before = left;
    return left === 1
      ? [`${start}, ${winner.model.name} ${LEFT_BY[rule].one}.`]
      : [`${start}, ${left} ${LEFT_BY[rule].several}.`];
  });
}

function describeElsewhere({ ties, winner }: Explained): string[] {
  const count = ties.filter(({ candidate }) => !isOnSameTest(candidate, winner)).length;
  if (count === 0) return [];
  const models = count === 1 ? '1 model that was' : `${count} models that were`;
  return [
    `Its interval overlaps that of ${models} tested on other pictures: only a test on the same pictures would tell whether they are as good.`,
  ];
}

const isOnSameTest = (one: EvaluatedCandidate, other: EvaluatedCandidate): boolean =>
  one.result.testDigest === other.result.testDigest && one.result.kind === other.result.kind;
