import { indexOfLargest, meanOf } from '../../evaluation/arithmetic.js';
import { proportionOf } from '../../evaluation/intervals.js';
import type { AnsweredPicture } from './scored-pictures.js';

/** Answers with neighbouring probabilities. Shares 0..1. */
export interface ReliabilityBin {
  count: number;
  /** Smallest, mean and largest probability of the answered class. */
  from: number;
  confidence: number;
  to: number;
  /** Share of right answers with its Wilson 95 % interval. */
  right: number;
  low: number;
  high: number;
}

const MAX_BINS = 10;
/** Fewer answers make an interval that excludes nothing: with 20 its width is 0.16 at best. */
const ANSWERS_PER_BIN = 20;

/**
 * Answers by rising probability of the answered class in bins of equal mass: 10, or as many as get 20 answers each, at
 * least one.
 */
export function reliabilityBins(pictures: readonly AnsweredPicture[]): ReliabilityBin[] {
  const answers = pictures
    .map(({ label, probabilities }) => {
      const answered = indexOfLargest(probabilities);
      return { confidence: probabilities[answered] ?? 0, isRight: answered === label };
    })
    .sort((left, right) => left.confidence - right.confidence);
  const binCount = Math.min(MAX_BINS, Math.max(1, Math.floor(answers.length / ANSWERS_PER_BIN)));
  const edges = Array.from({ length: binCount + 1 }, (_, bin) =>
    Math.round((bin * answers.length) / binCount),
  );
  return edges.slice(1).flatMap((end, bin): ReliabilityBin[] => {
    const members = answers.slice(edges[bin], end);
    const right = proportionOf(members.filter(({ isRight }) => isRight).length, members.length);
    if (right.value === null || right.low === null || right.high === null) return [];
    return [
      {
        count: members.length,
        from: members[0]?.confidence ?? 0,
        confidence: meanOf(members.map(({ confidence }) => confidence)),
        to: members.at(-1)?.confidence ?? 0,
        right: right.value,
        low: right.low,
        high: right.high,
      },
    ];
  });
}
