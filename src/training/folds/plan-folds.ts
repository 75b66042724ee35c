import { at } from '../../at.js';
import type { DatasetPictureRow } from '../../datasets/datasets.js';
import { assignFolds } from '../../evaluation/folds.js';
import { createRandom } from '../../random.js';
import type { TrainingConfiguration } from '../../words/training-configuration.js';

/** Which pictures a cross-validation keeps from which heads. */
export interface FoldPlan {
  folds: number;
  /** Numbers of the pictures that are shared out: all that are trained on or validated with, ascending. */
  pictures: number[];
  repeats: PlannedRepeat[];
}

export interface PlannedRepeat {
  /** Seeds this repeat's heads. */
  headSeed: number;
  /** The fold of each of `pictures`. */
  foldOf: number[];
}

/** Above every seed that a configuration may have. */
const SEED_LIMIT = 2 ** 31;

/**
 * The folds of every repeat, drawn from the split's seed, and the seeds of their heads, drawn from the run's; null where no cross-validation is asked for.
 * @param fitted the pictures outside the test
 * @throws GelqlError DATASET_TOO_SMALL
 */
export function planFolds(
  images: readonly DatasetPictureRow[],
  fitted: readonly number[],
  classes: readonly string[],
  {
    folds,
    repeats,
    seed,
    splitSeed,
  }: Pick<TrainingConfiguration, 'folds' | 'repeats' | 'seed' | 'splitSeed'>,
): FoldPlan | null {
  if (folds === null || repeats === null) return null;
  const pictures = [...fitted].sort((left, right) => left - right);
  const labels = pictures.map((picture) => at(images, picture).label);
  const groups = pictures.map((picture) => at(images, picture).groupKey);
  const splitRandom = createRandom(splitSeed, 'repeats');
  const headRandom = createRandom(seed, 'repeats');
  return {
    folds,
    pictures,
    repeats: Array.from({ length: repeats }, () => {
      const foldSeed = splitRandom.nextBelow(SEED_LIMIT);
      return {
        headSeed: headRandom.nextBelow(SEED_LIMIT),
        foldOf: assignFolds({ labels, groups, classes, folds, seed: foldSeed }),
      };
    }),
  };
}

/** Where the pictures of one fold, and all others, stand in the plan. */
export function positionsOf({ foldOf }: PlannedRepeat, fold: number): { tested: number[]; others: number[] } {
  const positions = [...foldOf.keys()];
  return {
    tested: positions.filter((position) => foldOf[position] === fold),
    others: positions.filter((position) => foldOf[position] !== fold),
  };
}
