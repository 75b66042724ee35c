import { groupPositions, indexOfLargest, meanOf, sumOf } from './arithmetic.js';
import type { Calibration, CalibrationSource } from '../words/evaluation.js';

/** A smaller one would make certainty of a few lucky pictures, a larger one would say nothing any more. */
const LOWEST = 0.25;
const HIGHEST = 20;
/** With fewer independent groups the temperature follows chance more than the head. */
const FEWEST_RELIABLE_GROUPS = 50;
/** Decimals of a temperature: far more than the data can tell apart, and few enough to be read. */
const DECIMALS = 4;
/** Each halves the interval of 1 / T: what is left moves no temperature by a tenth of its last decimal. */
const BISECTIONS = 30;

/** Answers that a head gave on pictures that it was not trained on; one entry per answer in each list. */
export interface UnseenAnswers {
  /** One row per answer. */
  logits: readonly (readonly number[])[];
  labels: readonly number[];
  /** Answers of one group are not independent. */
  groups: readonly string[];
}

/**
 * The temperature that minimises the mean cross-entropy of softmax(logits / T) over T in 0.25..20 (Guo et al., ICML 2017).
 * The cross-entropy is convex in 1 / T, so its slope is bisected. Where every answer is right it falls for ever as T falls:
 * then smoothed targets take the place of the labels, (N + 1) / (N + 2) for the true class and the rest for the others, N
 * being the independent groups of the class (Platt, "Probabilistic outputs for support vector machines", 1999).
 * @param answers at least one
 */
export function fitTemperature(answers: UnseenAnswers, fittedOn: CalibrationSource): Calibration {
  const { logits, labels, groups } = answers;
  const isSeparated = logits.every((row, answer) => indexOfLargest(row) === labels[answer]);
  const targets = isSeparated
    ? smoothTargets(answers)
    : logits.map((row, answer) => oneHot(row, labels[answer]));
  const temperature = round(minimise(logits, targets));
  const groupCount = groupPositions(groups).length;
  return {
    temperature,
    fittedOn,
    groupCount,
    isApplied: groupCount >= FEWEST_RELIABLE_GROUPS,
    logLossBefore: crossEntropy(answers, 1),
    logLossAfter: crossEntropy(answers, temperature),
    isSeparated,
  };
}

/** What a model's logits are divided by: 1 where no calibration is applied. */
export function appliedTemperature(calibration: Calibration | null | undefined): number {
  return calibration?.isApplied === true ? calibration.temperature : 1;
}

function minimise(logits: readonly (readonly number[])[], targets: readonly (readonly number[])[]): number {
  let [low, high] = [1 / HIGHEST, 1 / LOWEST];
  for (let round = 0; round < BISECTIONS; round++) {
    const middle = (low + high) / 2;
    if (slopeAt(middle, logits, targets) < 0) low = middle;
    else high = middle;
  }
  return 1 / ((low + high) / 2);
}

/**
 * Derivative of the summed cross-entropy by the inverse temperature: expected logit under the answer less that under the target.
 * Without lists in between: a cross-validation asks for it hundreds of times, on the thread that answers requests.
 */
function slopeAt(
  inverse: number,
  logits: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
): number {
  let slope = 0;
  logits.forEach((row, answer) => {
    const largest = Math.max(...row);
    const target = targets[answer];
    let [total, weighted, wanted] = [0, 0, 0];
    for (let index = 0; index < row.length; index++) {
      const logit = row[index] ?? 0;
      const power = Math.exp((logit - largest) * inverse);
      total += power;
      weighted += power * logit;
      wanted += (target?.[index] ?? 0) * logit;
    }
    slope += weighted / total - wanted;
  });
  return slope;
}

/** In logarithms, so that no probability can reach 0. */
function crossEntropy({ logits, labels }: UnseenAnswers, temperature: number): number {
  return meanOf(
    logits.map((row, answer) => {
      const scaled = row.map((logit) => logit / temperature);
      const largest = Math.max(...scaled);
      const total = sumOf(scaled.map((value) => Math.exp(value - largest)));
      return Math.log(total) + largest - (scaled[labels[answer] ?? 0] ?? 0);
    }),
  );
}

function oneHot(row: readonly number[], label: number | undefined): number[] {
  return row.map((_, index) => Number(index === label));
}

function smoothTargets({ logits, labels, groups }: UnseenAnswers): number[][] {
  const groupsOf = new Map<number, Set<string>>();
  labels.forEach((label, answer) => {
    groupsOf.set(label, (groupsOf.get(label) ?? new Set()).add(groups[answer] ?? ''));
  });
  return logits.map((row, answer) => {
    const label = labels[answer] ?? 0;
    const groupCount = groupsOf.get(label)?.size ?? 0;
    const own = (groupCount + 1) / (groupCount + 2);
    return row.map((_, index) => (index === label ? own : (1 - own) / (row.length - 1)));
  });
}

function round(value: number): number {
  return Math.round(value * 10 ** DECIMALS) / 10 ** DECIMALS;
}
