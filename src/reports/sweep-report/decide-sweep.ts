import { describeProportion } from '../charts/describe-proportion.js';
import type { ReportedPart, TrainedPart } from './sweep-report.js';

/** Which model of a sweep is the best, as far as its test can tell. */
export interface SweepDecision {
  winner: TrainedPart;
  /** Not shown to be worse. */
  ties: TrainedPart[];
  explanation: string;
}

/** @returns null where nothing was tested (yet) */
export function decideSweep(parts: readonly ReportedPart[]): SweepDecision | null {
  const [winner, ...others] = rankParts(parts);
  if (winner === undefined) return null;
  const { accuracyLow } = winner.holdout.result;
  const ties = others.filter(({ holdout }) => holdout.result.accuracyHigh >= accuracyLow);
  return { winner, ties, explanation: explain(winner, ties.length, others.length) };
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

function explain(winner: TrainedPart, tieCount: number, otherCount: number): string {
  const { evaluation, datasetName } = winner.holdout.result;
  const best = `${winner.model.name}: ${describeProportion('accuracy', evaluation.accuracy)}, tested on pictures of ${datasetName}.`;
  if (otherCount === 0) return `${best} No other model of the sweep was tested.`;
  return `${best} The intervals of ${tieCount} of the ${otherCount} other models overlap with its own.`;
}
