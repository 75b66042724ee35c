import { addElsewhere, chooseBestModel } from '../../comparison/choose-best-model.js';
import { toCandidates } from '../../comparison/evaluated-candidate.js';
import { explainBestModel } from '../../comparison/explain-best-model.js';
import { inCommonOrder, toAnswers } from '../../comparison/test-answers.js';
import type { ReportedPart, TrainedPart } from './sweep-report.js';

/** Which model of a sweep is the best, as far as its test can tell. */
export interface SweepDecision {
  winner: TrainedPart;
  /** Not shown to be worse. */
  ties: TrainedPart[];
  /** In plain sentences. */
  explanation: string;
}

/**
 * The choice of `bestModel` (comparison/choose-best-model.ts) among the models of a sweep: those tested on the pictures of
 * the surest result are compared picture by picture, the others, of another split, by their intervals.
 * @returns null where nothing was tested (yet)
 */
export function decideSweep(parts: readonly ReportedPart[]): SweepDecision | null {
  const trained = rankParts(parts);
  const [surest] = trained;
  if (surest === undefined) return null;
  const isSameTest = ({ holdout }: TrainedPart) =>
    holdout.result.testDigest === surest.holdout.result.testDigest;
  const same = trained.filter(isSameTest);
  const elsewhere = trained.filter((part) => !isSameTest(part));
  const answers = new Map(
    same
      .filter(({ holdout }) => holdout.scores.length > 0)
      .map(({ holdout }) => [holdout.result.id, toAnswers(holdout.scores.toSorted(inCommonOrder))]),
  );
  const metric = 'ACCURACY';
  const classCount = surest.holdout.result.evaluation.classes.length;
  const candidates = toCandidates(same.map(evaluatedOf), metric, answers);
  const decision = addElsewhere(
    chooseBestModel(candidates, { metric, classCount }),
    toCandidates(elsewhere.map(evaluatedOf), metric),
    elsewhere.length > 0,
  );
  const partsOf = (modelId: string) => trained.filter(({ model }) => model.id === modelId);
  const [winner = surest] = partsOf(decision.winner.modelId);
  const counts = { comparedCount: same.length, candidateCount: same.length };
  return {
    winner,
    ties: decision.ties.flatMap(({ candidate }) => partsOf(candidate.modelId)),
    explanation: explainBestModel(decision, { metric, interval: decision.winner.interval, ...counts }),
  };
}

/** Those with a result: higher lower bound of the accuracy first, then lower log loss, then by number. */
export function rankParts(parts: readonly ReportedPart[]): TrainedPart[] {
  return parts.filter(isTrained).sort((left, right) => {
    const [a, b] = [left.holdout.result, right.holdout.result];
    return b.accuracyLow - a.accuracyLow || a.logLoss - b.logLoss || left.part.number - right.part.number;
  });
}

export function isTrained(part: ReportedPart): part is TrainedPart {
  return part.run !== null && part.model !== null && part.holdout !== null;
}

function evaluatedOf({ model, holdout }: TrainedPart) {
  return { model, result: holdout.result };
}
