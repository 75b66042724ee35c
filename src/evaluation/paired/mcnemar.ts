import type { AnsweredPair } from './answered-pair.js';

export interface Disagreement {
  /** Pictures on which the first model alone is right, and those on which the second is. */
  onlyFirst: number;
  onlySecond: number;
  /** Groups of near-duplicates in which the first is right on more pictures than the second, and the reverse. */
  groupsFirst: number;
  groupsSecond: number;
  /** That so uneven a count comes by chance; of the groups. */
  pValue: number;
}

/**
 * McNemar's exact test between two models on the same pictures. A group of near-duplicates counts once, for the model
 * that is right on more of its pictures: a model that errs on a picture errs on its copies too, so ten copies are one
 * observation. With groups of one picture this is the usual test.
 */
export function compareAccuracy({ first, second, labels, groups, groupCount }: AnsweredPair): Disagreement {
  let [onlyFirst, onlySecond, groupsFirst, groupsSecond] = [0, 0, 0, 0];
  const nets = new Int32Array(groupCount);
  for (let picture = 0; picture < labels.length; picture++) {
    const isFirstRight = first.predicted[picture] === labels[picture];
    if (isFirstRight === (second.predicted[picture] === labels[picture])) continue;
    const group = groups[picture] ?? 0;
    nets[group] = (nets[group] ?? 0) + (isFirstRight ? 1 : -1);
    if (isFirstRight) onlyFirst++;
    else onlySecond++;
  }
  for (const net of nets) {
    if (net > 0) groupsFirst++;
    else if (net < 0) groupsSecond++;
  }
  return {
    onlyFirst,
    onlySecond,
    groupsFirst,
    groupsSecond,
    pValue: exactMcNemar(groupsFirst, groupsSecond),
  };
}

/**
 * Two-sided p-value of b against c discordant pairs: twice the smaller tail of a binomial distribution with b + c trials
 * of one half, at most 1 (McNemar, Psychometrika 12, 1947). The exact test rather than the mid-p variant, which is less
 * conservative but may exceed its level (Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91, 2013):
 * the promise is that equal models are seldom told apart. Fewer than 6 discordant pairs never give 5 %.
 */
export function exactMcNemar(b: number, c: number): number {
  const trials = b + c;
  let logTerm = -trials * Math.LN2;
  let tail = 0;
  for (let successes = 0; successes <= Math.min(b, c); successes++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((trials - successes) / (successes + 1));
  }
  return Math.min(1, 2 * tail);
}
