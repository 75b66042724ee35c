import { pairAnswers } from '../evaluation/paired/answered-pair.js';
import { holmAdjusted } from '../evaluation/paired/holm.js';
import { compareAccuracy, type Disagreement } from '../evaluation/paired/mcnemar.js';
import { isLoss, type Metric } from '../evaluation/metric.js';
import { pairedPValue } from '../evaluation/paired/paired-test.js';
import type { Candidate } from './candidate.js';

/** Models are told apart where the adjusted p-value is at most this. */
export const LEVEL = 0.05;

/** What is asked of models that were tested on the same pictures. */
export interface Question {
  metric: Metric;
  classCount: number;
}

/** What is known of two models, the first and the second. */
export interface Evidence {
  /** Which one is shown to be better; null: they are tied. */
  better: 'first' | 'second' | null;
  /** Null where they share no test pictures or the answers are not known: only intervals speak. */
  paired: PairedEvidence | null;
}

export interface PairedEvidence extends Omit<Disagreement, 'pValue'> {
  /** Two-sided, of the difference in the metric. */
  pValue: number;
  /** By Holm, over the first model's comparisons with all others. */
  adjustedPValue: number;
}

/**
 * One model against each of the others: a paired test where both answered the same pictures, else whether their
 * intervals overlap.
 * @param others tested on the pictures that `first` was tested on
 * @returns in the order of `others`
 */
export function compareWithOthers(
  first: Candidate,
  others: readonly Candidate[],
  question: Question,
): Evidence[] {
  const tests = others.map((second) => testPair(first, second, question));
  const adjusted = holmAdjusted(tests.flatMap((test) => test?.pValue ?? []));
  let next = 0;
  return others.map((second, index) => {
    const test = tests[index];
    if (test == null) return compareIntervals(first, second);
    const paired = { ...test, adjustedPValue: adjusted[next++] ?? 1 };
    const isShown = paired.adjustedPValue <= LEVEL;
    return { paired, better: isShown ? betterOf(first, second, paired, question.metric) : null };
  });
}

/** For models that share no pictures. A model without an interval is tied with all. */
export function compareIntervals(first: Candidate, second: Candidate): Evidence {
  const [a, b] = [first.interval, second.interval];
  if (a === null || b === null) return { paired: null, better: null };
  return { paired: null, better: b.high < a.low ? 'first' : a.high < b.low ? 'second' : null };
}

function testPair(first: Candidate, second: Candidate, { metric, classCount }: Question) {
  if (first.answers === null || second.answers === null) return null;
  const pair = pairAnswers(first.answers, second.answers);
  const disagreement = compareAccuracy(pair);
  if (metric === 'ACCURACY') return disagreement;
  return { ...disagreement, pValue: pairedPValue(metric, pair, classCount) ?? 1 };
}

/** The accuracy's test counts groups, which may point another way than the pictures. */
function betterOf(
  first: Candidate,
  second: Candidate,
  { groupsFirst, groupsSecond }: PairedEvidence,
  metric: Metric,
): 'first' | 'second' {
  if (metric === 'ACCURACY') return groupsFirst > groupsSecond ? 'first' : 'second';
  return first.value < second.value === isLoss(metric) ? 'first' : 'second';
}
