import { pairAnswers } from '../evaluation/paired/answered-pair.js';
import { bootstrapInterval } from '../evaluation/intervals.js';
import { pictureDifferences } from '../evaluation/paired/paired-test.js';
import type { Candidate } from './candidate.js';

/** In the order in which they are asked. */
export const TIE_BREAKERS = ['CALIBRATION', 'LATENCY', 'SIZE', 'AGE'] as const;
export type TieBreaker = (typeof TIE_BREAKERS)[number];

export interface BrokenTie<C> {
  winner: C;
  /** The last one asked. */
  decidedBy: TieBreaker;
  /** How many were left after each one asked. */
  steps: { rule: TieBreaker; left: number }[];
}

/**
 * How much the time for a picture varies when one model is measured again on one machine: shorter by less than this
 * factor is not faster (docs/benchmarks.md).
 */
const LATENCY_NOISE = 3;
const SEED = 1;

/**
 * Chooses among models that their metric does not tell apart: lower log loss, where the difference is larger than its
 * noise; then faster, likewise; then smaller; then older.
 * @param tied two or more, with answers to the same pictures
 */
export function breakTie<C extends Candidate>(tied: readonly C[], classCount: number): BrokenTie<C> {
  let left = tied;
  const steps: BrokenTie<C>['steps'] = [];
  for (const rule of TIE_BREAKERS) {
    left = KEEPERS[rule](left, classCount);
    steps.push({ rule, left: left.length });
    const [winner, ...others] = left;
    if (winner !== undefined && others.length === 0) return { winner, decidedBy: rule, steps };
  }
  throw new Error('Two models have one id.');
}

type Keeper = <C extends Candidate>(tied: readonly C[], classCount: number) => readonly C[];

const KEEPERS: Record<TieBreaker, Keeper> = {
  CALIBRATION: keepCalibrated,
  LATENCY: keepFast,
  SIZE: (tied) => keepLeast(tied, ({ parameterCount }) => parameterCount),
  AGE: (tied) => keepLeast(tied, ({ modelId }) => modelId),
};

/** Those whose log loss is not shown to be higher than the lowest: the 95 % interval of the difference holds 0. */
function keepCalibrated<C extends Candidate>(tied: readonly C[], classCount: number): readonly C[] {
  const [best] = [...tied].sort((a, b) => a.logLoss - b.logLoss);
  return tied.filter((candidate) => {
    if (best === undefined || candidate === best) return true;
    if (candidate.answers === null || best.answers === null) return true;
    const pair = pairAnswers(candidate.answers, best.answers);
    const excess = pictureDifferences(pair, 'LOG_LOSS', classCount);
    const interval = bootstrapInterval(
      Array.from(pair.groups, String),
      (weights) => weightedMean(excess, weights),
      SEED,
    );
    return interval === null || interval.low <= 0;
  });
}

function weightedMean(values: Float64Array, weights: Uint32Array): number {
  let [sum, total] = [0, 0];
  for (let index = 0; index < values.length; index++) {
    const weight = weights[index] ?? 0;
    sum += weight * (values[index] ?? 0);
    total += weight;
  }
  return sum / total;
}

/** All where the times were not measured on the same device and engine. */
function keepFast<C extends Candidate>(tied: readonly C[]): readonly C[] {
  if (new Set(tied.map(({ timedOn }) => timedOn)).size > 1) return tied;
  const fastest = Math.min(...tied.map(({ inferenceTimeSecs }) => inferenceTimeSecs));
  return tied.filter(({ inferenceTimeSecs }) => inferenceTimeSecs <= fastest * LATENCY_NOISE);
}

function keepLeast<C, V extends number | string>(tied: readonly C[], valueOf: (candidate: C) => V) {
  const least = tied.map(valueOf).reduce((a, b) => (b < a ? b : a));
  return tied.filter((candidate) => valueOf(candidate) === least);
}
