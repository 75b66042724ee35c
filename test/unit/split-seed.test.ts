import type { DatasetPictureRow } from '../../src/datasets/datasets.js';
import { resolveConfiguration, type TrainingRequest } from '../../src/runs/resolve-configuration.js';
import { expandGrid, resolveGrid } from '../../src/sweeps/sweep-grid.js';
import { splitDataset } from '../../src/training/plan-training.js';

const images = Array.from({ length: 60 }, (_, index) => ({
  label: index % 2,
  groupKey: `group ${index}`,
  subset: 'UNSPLIT',
})) as DatasetPictureRow[];
const splitFor = (request: TrainingRequest) =>
  splitDataset(images, resolveConfiguration(request), ['even', 'odd']);

describe('the seed of the split', () => {
  it('alone decides which pictures are trained on and tested with', () => {
    const { train, validation, test } = splitFor({ seed: 1 });
    expect(splitFor({ seed: 2 })).toEqual(splitFor({ seed: 1 }));
    const other = splitFor({ seed: 1, splitSeed: 2 });
    expect(other.test).not.toEqual(test);
    expect([other.train.length, other.validation.length]).toEqual([train.length, validation.length]);
  });

  it('decides about the folds, the other seed about their heads', () => {
    const folds = { folds: 3, repeats: 2 };
    const repeatsFor = (request: TrainingRequest) => splitFor({ ...folds, ...request }).folds?.repeats ?? [];
    const foldsOf = (request: TrainingRequest) => repeatsFor(request).map(({ foldOf }) => foldOf);
    const seedsOf = (request: TrainingRequest) => repeatsFor(request).map(({ headSeed }) => headSeed);
    expect(foldsOf({ seed: 2 })).toEqual(foldsOf({ seed: 1 }));
    expect(seedsOf({ seed: 2 })).not.toEqual(seedsOf({ seed: 1 }));
    expect(foldsOf({ seed: 1, splitSeed: 2 })).not.toEqual(foldsOf({ seed: 1 }));
    expect(seedsOf({ seed: 1, splitSeed: 2 })).toEqual(seedsOf({ seed: 1 }));
  });

  it('is one for all seeds of a sweep', () => {
    const parts = expandGrid(resolveGrid({ seeds: [1, 2, 3], splitSeed: 7 }));
    expect(new Set(parts.map(({ configuration }) => configuration.splitSeed))).toEqual(new Set([7]));
    expect(resolveGrid({ seeds: [1, 2] }).splitSeed).toBe(1);
  });
});
