import fc from 'fast-check';
import { GelqlError } from '../../src/errors.js';
import { assignFolds, type FoldRequest } from '../../src/evaluation/folds.js';

/** A class name for every label. */
const classesOf = (labels: readonly number[]) =>
  Array.from({ length: Math.max(...labels) + 1 }, (_, label) => `class ${label}`);

/** Groups of one class each, at least as many per class as there are folds, in shuffled order. */
const pureRequests = fc
  .integer({ min: 2, max: 6 })
  .chain((folds) =>
    fc.record({
      folds: fc.constant(folds),
      classes: fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: folds, maxLength: 20 }), {
        minLength: 1,
        maxLength: 4,
      }),
      seed: fc.integer(),
    }),
  )
  .chain(({ folds, classes, seed }) => {
    const pictures = classes.flatMap((sizes, label) =>
      sizes.flatMap((size, group) =>
        Array.from({ length: size }, () => ({ label, group: `${label}-${group}` })),
      ),
    );
    return fc
      .shuffledSubarray(pictures, { minLength: pictures.length, maxLength: pictures.length })
      .map((shuffled) => requestOf(shuffled, folds, seed));
  });

/** Groups that may hold several classes. */
const mixedRequests = fc
  .record({
    pictures: fc.array(
      fc.record({
        label: fc.integer({ min: 0, max: 2 }),
        group: fc.integer({ min: 0, max: 40 }).map(String),
      }),
      { minLength: 60, maxLength: 120 },
    ),
    folds: fc.integer({ min: 2, max: 6 }),
    seed: fc.integer(),
  })
  .map(({ pictures, folds, seed }) => requestOf(pictures, folds, seed));

function requestOf(pictures: { label: number; group: string }[], folds: number, seed: number): FoldRequest {
  const labels = pictures.map(({ label }) => label);
  return { labels, groups: pictures.map(({ group }) => group), classes: classesOf(labels), folds, seed };
}

/** counts[fold][label] */
function countByFold({ labels, classes, folds }: FoldRequest, foldOf: readonly number[]): number[][] {
  const counts = Array.from({ length: folds }, () => classes.map(() => 0));
  foldOf.forEach((fold, picture) => {
    const row = counts[fold];
    const label = labels[picture];
    if (row === undefined || label === undefined) throw new Error(`picture ${picture} is in fold ${fold}`);
    row[label] = (row[label] ?? 0) + 1;
  });
  return counts;
}

/** The folds; a request that happens to leave a class too few groups is drawn again. */
function assignOrSkip(request: FoldRequest): number[] {
  try {
    return assignFolds(request);
  } catch (error) {
    fc.pre(!(error instanceof GelqlError && error.code === 'DATASET_TOO_SMALL'));
    throw error;
  }
}

describe('folds', () => {
  it('hold every picture once and never part a group', () => {
    fc.assert(
      fc.property(fc.oneof(pureRequests, mixedRequests), (request) => {
        const foldOf = assignOrSkip(request);
        expect(foldOf).toHaveLength(request.labels.length);
        expect(foldOf.every((fold) => Number.isInteger(fold) && fold >= 0 && fold < request.folds)).toBe(
          true,
        );
        const foldsOfGroups = new Set(foldOf.map((fold, picture) => `${request.groups[picture]} ${fold}`));
        expect(foldsOfGroups.size).toBe(new Set(request.groups).size);
      }),
    );
  });

  it('are as even as whole groups allow: no two differ by more than the largest group of a class', () => {
    fc.assert(
      fc.property(pureRequests, (request) => {
        const counts = countByFold(request, assignFolds(request));
        request.classes.forEach((_, label) => {
          const sizes = new Map<string, number>();
          request.groups.forEach((group, picture) => {
            if (request.labels[picture] === label) sizes.set(group, (sizes.get(group) ?? 0) + 1);
          });
          const column = counts.map((row) => row[label] ?? 0);
          expect(Math.min(...column)).toBeGreaterThan(0);
          expect(Math.max(...column) - Math.min(...column)).toBeLessThanOrEqual(Math.max(...sizes.values()));
        });
      }),
    );
  });

  it('leave every class in the training for each fold', () => {
    fc.assert(
      fc.property(mixedRequests, (request) => {
        const counts = countByFold(request, assignOrSkip(request));
        request.classes.forEach((_, label) => {
          const holding = counts.filter((row) => (row[label] ?? 0) > 0);
          expect(holding.length).toBeGreaterThanOrEqual(2);
        });
      }),
    );
  });

  it('are the same for the same seed and others for another, also where every group has another size', () => {
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const pictures = sizes.flatMap((size, group) =>
      Array.from({ length: size }, () => ({ label: group % 2, group: String(group) })),
    );
    const draw = (seed: number) => assignFolds(requestOf(pictures, 3, seed));
    expect(draw(1)).toEqual(draw(1));
    const partitions = Array.from({ length: 10 }, (_, seed) => {
      const numbers = new Map<number, number>();
      return draw(seed)
        .map((fold) => numbers.get(fold) ?? numbers.set(fold, numbers.size).size - 1)
        .join('');
    });
    expect(new Set(partitions).size).toBeGreaterThan(5);
  });
});

/**
 * Mean over the classes of the standard deviation over the folds of the class's share, scikit-learn's own criterion:
 * the best of `StratifiedGroupKFold(k, shuffle=True, random_state=s)` for s in 0..19 and of shuffle=False, version 1.9.1:
 *   counts = np.array([np.bincount(y[test], minlength=C) for _, test in folds.split(y, y, groups)])
 *   np.mean(np.std(counts / np.bincount(y), axis=0))
 */
const REFERENCES: { name: string; pictures: { label: number; group: string }[]; best: [number, number][] }[] =
  [
    {
      name: '46 and 46 pictures with 13 and 6 pairs of near-duplicates',
      pictures: [13, 6].flatMap((pairs, label) =>
        Array.from({ length: 46 }, (_, picture) => ({
          label,
          group: `${label}-${picture < 2 * pairs ? Math.floor(picture / 2) : picture}`,
        })),
      ),
      best: [
        [3, 0.01025],
        [5, 0.0087],
        [10, 0.01065],
      ],
    },
    {
      name: '44 sources of very different sizes, 14 of them with both classes',
      // [pictures of class 0, of class 1] of each source.
      pictures: [
        ...[
          [40, 24],
          [40, 22],
          [39, 25],
          [28, 6],
          [26, 25],
          [21, 12],
          [21, 7],
          [18, 12],
          [10, 0],
          [7, 9],
        ],
        ...[
          [3, 18],
          [2, 11],
          [2, 5],
          [2, 1],
          [1, 1],
          [0, 25],
          [0, 25],
          [0, 24],
          [0, 24],
          [0, 24],
          [0, 23],
        ],
        ...[
          [0, 22],
          [0, 22],
          [0, 22],
          [0, 19],
          [0, 17],
          [0, 15],
          [0, 15],
          [0, 14],
          [0, 13],
          [0, 12],
          [0, 11],
        ],
        ...[
          [0, 8],
          [0, 8],
          [0, 8],
          [0, 8],
          [0, 4],
          [0, 4],
          [0, 3],
          [0, 3],
          [0, 2],
          [0, 2],
          [0, 1],
          [0, 1],
        ],
      ].flatMap((counts, source) =>
        counts.flatMap((count, label) =>
          Array.from({ length: count }, () => ({ label, group: String(source) })),
        ),
      ),
      best: [
        [3, 0.02483],
        [5, 0.02216],
        [10, 0.02661],
      ],
    },
    {
      name: '61 groups of three classes mixed',
      pictures: Array.from({ length: 240 }, (_, picture) => ({
        label: ((picture * picture + 3 * picture) % 7) % 3,
        group: String((picture * 37 + picture * picture) % 61),
      })),
      best: [
        [3, 0.00778],
        [5, 0.00744],
        [10, 0.0103],
      ],
    },
  ];

describe.each(REFERENCES)('the folds of $name', ({ pictures, best }) => {
  it.each(best)('are at least as even as those of scikit-learn with k = %d', (folds, reference) => {
    const spreads = Array.from({ length: 20 }, (_, seed) => {
      const request = requestOf(pictures, folds, seed);
      const counts = countByFold(request, assignFolds(request));
      const deviations = request.classes.map((_, label) => {
        const total = counts.reduce((sum, row) => sum + (row[label] ?? 0), 0);
        const squares = counts.map((row) => ((row[label] ?? 0) / total - 1 / folds) ** 2);
        return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / folds);
      });
      return deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
    }).sort((left, right) => left - right);
    expect(spreads[10]).toBeLessThan(reference + 5e-6);
    // Even the worst draw is no worse than a fifth above the best of theirs.
    expect(spreads[19]).toBeLessThan(1.2 * reference);
  });
});

describe('a data set that is too small for the folds', () => {
  const failure = (pictures: { label: number; group: string }[], folds: number): unknown => {
    try {
      return assignFolds({ ...requestOf(pictures, folds, 1), classes: ['gel', 'not_gel', 'blot'] });
    } catch (error) {
      return error;
    }
  };
  const single = (label: number, count: number) =>
    Array.from({ length: count }, (_, number) => ({ label, group: `${label} ${number}` }));

  it('is refused with the class, what it has, and how many folds it allows', () => {
    const error = failure([...single(0, 9), ...single(1, 3), ...single(2, 9)], 5);
    expect(error).toMatchObject({
      code: 'DATASET_TOO_SMALL',
      message:
        'Class "not_gel" has 3 independent groups of pictures outside the test, too few for 5 folds. Ask for at most 3 folds, or add pictures from other sources.',
      facts: { label: 1, groupCount: 3, folds: 5 },
    });
  });

  it('is refused where near-duplicates are all that a class has', () => {
    const copies = Array.from({ length: 9 }, () => ({ label: 1, group: 'one source' }));
    const error = failure([...single(0, 9), ...copies, ...single(2, 9)], 2);
    expect(error).toMatchObject({
      code: 'DATASET_TOO_SMALL',
      message: expect.stringContaining('has 1 independent group of pictures') as unknown,
    });
  });

  it('is refused where groups of several classes cannot be shared out', () => {
    const groups = [
      ['a', 0, 1],
      ['b', 0, 2],
      ['c', 1, 2],
    ] as const;
    const pictures = groups.flatMap(([group, ...labels]) => labels.map((label) => ({ label, group })));
    // Whichever group is alone in its fold, the class that it lacks is in the other fold only.
    expect(failure(pictures, 2)).toMatchObject({
      code: 'DATASET_TOO_SMALL',
      message: expect.stringMatching(/^All groups of class ".*" fall into one of 2 folds/) as unknown,
    });
  });
});
