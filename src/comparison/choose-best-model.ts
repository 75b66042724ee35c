import { isLoss } from '../evaluation/metric.js';
import type { Candidate } from './candidate.js';
import { compareIntervals, compareWithOthers, type Evidence, type Question } from './model-evidence.js';
import { breakTie, TIE_BREAKERS, type BrokenTie } from './tie-breakers.js';

export const DECISION_RULES = ['ONLY_MODEL', 'METRIC', ...TIE_BREAKERS, 'LOWER_BOUND'] as const;
export type DecisionRule = (typeof DECISION_RULES)[number];

export interface Tie<C> {
  candidate: C;
  /** Compares the winner, first, with this candidate, second. */
  evidence: Evidence;
}

export interface Decision<C> {
  winner: C;
  /** The one with the best value; another than the winner where a tie-breaker decided so. */
  leader: C;
  decidedBy: DecisionRule;
  /** How many were left after each tie-breaker that was asked. */
  steps: BrokenTie<C>['steps'];
  /** Not shown to be worse than the leader, without the winner; best value first, then those tested elsewhere. */
  ties: Tie<C>[];
}

/**
 * The best of models that were tested on the same pictures. Those not shown to be worse than the one with the best value
 * are tied with it (paired test, Holm), and tie-breakers choose among them. Models whose answers are not known are tied
 * when their intervals overlap, and no tie-breaker can be asked.
 * @param candidates one or more, each another model
 */
export function chooseBestModel<C extends Candidate>(
  candidates: readonly C[],
  question: Question,
): Decision<C> {
  const { leader, ties: tied } = findTies(candidates, question);
  const equals = tied.flatMap(({ candidate, evidence }) => (evidence.paired === null ? [] : [candidate]));
  const broken = equals.length === 0 ? null : settle([leader, ...equals], question);
  const winner = broken?.winner ?? leader;
  const notWorse = [leader, ...tied.map(({ candidate }) => candidate)];
  const ties =
    winner === leader
      ? tied
      : evidenceFor(winner, candidates, question).filter(({ candidate }) => notWorse.includes(candidate));
  const clear = candidates.length === 1 ? 'ONLY_MODEL' : ties.length === 0 ? 'METRIC' : 'LOWER_BOUND';
  return { winner, leader, ties, decidedBy: broken?.decidedBy ?? clear, steps: broken?.steps ?? [] };
}

/**
 * Adds the models that were tested on other pictures: where their interval overlaps the winner's, they are tied with it.
 * @param areMore whether there are any, also such as are not in `elsewhere`
 */
export function addElsewhere<C extends Candidate>(
  decision: Decision<C>,
  elsewhere: readonly C[],
  areMore: boolean,
): Decision<C> {
  const overlapping = elsewhere
    .map((candidate) => ({ candidate, evidence: compareIntervals(decision.winner, candidate) }))
    .filter(({ evidence }) => evidence.better !== 'first');
  const ties = [...decision.ties, ...overlapping];
  if (decision.steps.length > 0 || (!areMore && overlapping.length === 0)) return { ...decision, ties };
  return { ...decision, ties, decidedBy: ties.length === 0 ? 'METRIC' : 'LOWER_BOUND' };
}

/** The candidate with the best value (then lower log loss, then older) and those not shown to be worse. */
export function findTies<C extends Candidate>(
  candidates: readonly C[],
  question: Question,
): { leader: C; ties: Tie<C>[] } {
  const [leader, ...others] = bestFirst(candidates, question);
  if (leader === undefined) throw new Error('There is no candidate.');
  const ties = evidenceFor(leader, others, question).filter(({ evidence }) => evidence.better !== 'first');
  return { leader, ties };
}

function bestFirst<C extends Candidate>(candidates: readonly C[], { metric }: Question): C[] {
  const sign = isLoss(metric) ? 1 : -1;
  return [...candidates].sort(
    (a, b) => sign * (a.value - b.value) || a.logLoss - b.logLoss || (a.modelId < b.modelId ? -1 : 1),
  );
}

/** Best value first. */
function evidenceFor<C extends Candidate>(first: C, candidates: readonly C[], question: Question): Tie<C>[] {
  const others = bestFirst(candidates, question).filter((candidate) => candidate !== first);
  const evidence = compareWithOthers(first, others, question);
  return others.flatMap((candidate, index) => {
    const found = evidence[index];
    return found === undefined ? [] : [{ candidate, evidence: found }];
  });
}

/** What the tie-breakers choose, unless one of the tied is shown to be better than that: being tied is not transitive. */
function settle<C extends Candidate>(tied: readonly C[], question: Question): BrokenTie<C> {
  const broken = breakTie(tied, question.classCount);
  const isBeaten = evidenceFor(broken.winner, tied, question).some(
    ({ evidence }) => evidence.better === 'second',
  );
  if (!isBeaten || tied.length === 2) return broken;
  return settle(
    tied.filter((candidate) => candidate !== broken.winner),
    question,
  );
}
