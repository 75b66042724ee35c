import { twoSidedNormal } from '../../src/evaluation/paired/normal-distribution.js';
import { createRandom, type Random } from '../../src/random.js';
import type { Candidate } from '../../src/comparison/candidate.js';
import { findTies } from '../../src/comparison/choose-best-model.js';

/** Models with the given true accuracies, tested once on the same made-up pictures. */
export interface Setting {
  /** Pictures that are no near-duplicates of each other. */
  pictures: number;
  /** One for each model; of .8, .85, .9, .95. */
  accuracies: readonly Accuracy[];
  /**
   * 0: each model errs on its own pictures. Towards 1: all err on the same difficult ones, as models with one backbone do
   * (correlation of the normal values behind right and wrong).
   */
  correlation: number;
  /** Each picture is there so many times, with the same answer each time. */
  copies?: number;
  /** Whether the copies are known to be near-duplicates. */
  areCopiesKnown?: boolean;
}

/** Below which value a standard normal one lies with that chance. */
const QUANTILES = {
  0.8: 0.8416212335729143,
  0.85: 1.0364333894937898,
  0.9: 1.2815515655446004,
  0.95: 1.6448536269514722,
};
type Accuracy = 0.8 | 0.85 | 0.9 | 0.95;

/**
 * Pure functions on arrays, so that thousands of trials take seconds: in how many of them one model is named that is significantly better than all others, and in how many the first
 * model is not even among those that are tied with the leader.
 */
export function simulate(setting: Setting, trials: number, seed: number) {
  const random = createRandom(seed, 'simulated models');
  const counts = { trials, unique: 0, uniqueFirst: 0, firstLeftOut: 0 };
  for (let trial = 0; trial < trials; trial++) {
    const candidates = drawModels(setting, random);
    const { leader, ties } = findTies(candidates, { metric: 'ACCURACY', classCount: 2 });
    const isFirst = leader === candidates[0];
    if (ties.length === 0) counts.unique++;
    if (ties.length === 0 && isFirst) counts.uniqueFirst++;
    if (!isFirst && !ties.some(({ candidate }) => candidate === candidates[0])) counts.firstLeftOut++;
  }
  return counts;
}

function drawModels(setting: Setting, random: Random): Candidate[] {
  const { pictures, accuracies, correlation, copies = 1, areCopiesKnown = true } = setting;
  const difficulties = Float64Array.from({ length: pictures }, () => drawNormal(random));
  const count = pictures * copies;
  const labels = new Uint8Array(count);
  const groups = Int32Array.from({ length: count }, (_, position) =>
    areCopiesKnown ? position % pictures : position,
  );
  const groupCount = areCopiesKnown ? pictures : count;
  const chances = new Map(
    [...new Set(accuracies)].map((accuracy) => [
      accuracy,
      difficulties.map((difficulty) => chanceOf(QUANTILES[accuracy], difficulty, correlation)),
    ]),
  );
  return accuracies.map((accuracy, model) => {
    const predicted = new Uint8Array(count);
    const chanceOfPicture = chances.get(accuracy)!;
    let right = 0;
    for (let picture = 0; picture < pictures; picture++) {
      if (random.nextFloat() < chanceOfPicture[picture]!) right++;
      else for (let copy = 0; copy < copies; copy++) predicted[picture + copy * pictures] = 1;
    }
    return {
      modelId: String(model).padStart(3, '0'),
      value: right / pictures,
      interval: null,
      logLoss: 0,
      inferenceTimeSecs: 0,
      timedOn: '',
      parameterCount: 0,
      answers: { labels, predicted, probabilities: [], groups, groupCount },
    };
  });
}

/** That a model is right on a picture of that difficulty; its mean over all difficulties is the accuracy. */
function chanceOf(quantile: number, difficulty: number, correlation: number): number {
  const z = (quantile - Math.sqrt(correlation) * difficulty) / Math.sqrt(1 - correlation);
  const tail = twoSidedNormal(z) / 2;
  return z > 0 ? 1 - tail : tail;
}

/** Box and Muller, Annals of Mathematical Statistics 29, 1958. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
}
