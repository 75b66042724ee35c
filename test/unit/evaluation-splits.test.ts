import fc from 'fast-check';
import { GelqlError } from '../../src/errors.js';
import { type SplitRequest, splitPictures } from '../../src/evaluation/splits.js';

/** A class for each label up to the largest. */
const namesUpTo = (labels: readonly number[]) =>
  Array.from({ length: Math.max(...labels) + 1 }, (_, label) => `class ${label}`);

/** Groups of one class each, at least three per class, in shuffled order. */
const pureRequests = fc
  .array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 3, maxLength: 20 }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((classes) => {
    const pictures = classes.flatMap((sizes, label) =>
      sizes.flatMap((size, group) =>
        Array.from({ length: size }, () => ({ label, group: `${label}-${group}` })),
      ),
    );
    return fc.shuffledSubarray(pictures, { minLength: pictures.length, maxLength: pictures.length });
  })
  .chain((pictures) =>
    fc.record({
      labels: fc.constant(pictures.map(({ label }) => label)),
      classes: fc.constant(namesUpTo(pictures.map(({ label }) => label))),
      groups: fc.constant(pictures.map(({ group }) => group)),
      testFraction: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
      validationFraction: fc.double({ min: 0, max: 0.5, noNaN: true }),
      seed: fc.integer(),
    }),
  );

/** Groups that may hold several classes. */
const mixedRequests = fc
  .array(fc.record({ label: fc.integer({ min: 0, max: 2 }), group: fc.integer({ min: 0, max: 40 }) }), {
    minLength: 60,
    maxLength: 90,
  })
  .chain((pictures) =>
    fc.record({
      labels: fc.constant(pictures.map(({ label }) => label)),
      classes: fc.constant(namesUpTo(pictures.map(({ label }) => label))),
      groups: fc.constant(pictures.map(({ group }) => String(group))),
      testFraction: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
      validationFraction: fc.double({ min: 0, max: 0.4, noNaN: true }),
      seed: fc.integer(),
    }),
  );

/** The split; a request whose groups happen to leave a class without one to spare is drawn again. */
function splitOrSkip(request: SplitRequest): ReturnType<typeof splitPictures> {
  try {
    return splitPictures(request);
  } catch (error) {
    fc.pre(!(error instanceof GelqlError && error.code === 'DATASET_TOO_SMALL'));
    throw error;
  }
}

const partsOf = ({ train, validation, test, excluded }: ReturnType<typeof splitPictures>): number[][] => [
  train,
  validation,
  test,
  excluded,
];

function groupSizes({ labels, groups }: SplitRequest, label: number): number[] {
  const sizes = new Map<string, number>();
  groups.forEach((group, picture) => {
    if (labels[picture] === label) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  });
  return [...sizes.values()];
}

describe('a drawn split', () => {
  it('puts every picture into one part', () => {
    fc.assert(
      fc.property(fc.oneof(pureRequests, mixedRequests), (request) => {
        const pictures = partsOf(splitOrSkip(request)).flat();
        expect(pictures.sort((left, right) => left - right)).toEqual([...request.labels.keys()]);
      }),
    );
  });

  it('never lets a group straddle', () => {
    fc.assert(
      fc.property(fc.oneof(pureRequests, mixedRequests), (request) => {
        const parts = partsOf(splitOrSkip(request)).map(
          (part) => new Set(part.map((index) => request.groups[index])),
        );
        const distinct = parts.reduce((sum, part) => sum + part.size, 0);
        expect(distinct).toBe(new Set(request.groups).size);
      }),
    );
  });

  it('keeps each class within one group of its share', () => {
    fc.assert(
      fc.property(pureRequests, (request) => {
        const { test, validation } = splitPictures(request);
        for (const label of new Set(request.labels)) {
          const countIn = (part: number[]) =>
            part.filter((picture) => request.labels[picture] === label).length;
          const sizes = groupSizes(request, label);
          const [total, largest] = [sizes.reduce((sum, size) => sum + size, 0), Math.max(...sizes)];
          expect(Math.abs(countIn(test) - total * request.testFraction)).toBeLessThanOrEqual(largest);
          const rest = total - countIn(test);
          expect(Math.abs(countIn(validation) - rest * request.validationFraction)).toBeLessThanOrEqual(
            largest,
          );
        }
      }),
    );
  });

  it('leaves every class in train and in test', () => {
    fc.assert(
      fc.property(pureRequests, (request) => {
        const { train, test } = splitPictures(request);
        const classes = new Set(request.labels);
        expect(new Set(train.map((picture) => request.labels[picture]))).toEqual(classes);
        expect(new Set(test.map((picture) => request.labels[picture]))).toEqual(classes);
      }),
    );
  });

  it('is the same for the same seed and another for another', () => {
    const request = {
      labels: Array.from({ length: 60 }, (_, picture) => picture % 2),
      classes: ['gel', 'blot'],
      groups: Array.from({ length: 60 }, (_, picture) => String(picture)),
      testFraction: 0.2,
      validationFraction: 0.2,
    };
    expect(splitPictures({ ...request, seed: 1 })).toEqual(splitPictures({ ...request, seed: 1 }));
    expect(splitPictures({ ...request, seed: 1 }).test).not.toEqual(
      splitPictures({ ...request, seed: 2 }).test,
    );
  });

  it('is exact where every group is one picture and the shares are whole', () => {
    const split = splitPictures({
      labels: Array.from({ length: 50 }, (_, picture) => Number(picture < 20)),
      classes: ['gel', 'blot'],
      groups: Array.from({ length: 50 }, (_, picture) => String(picture)),
      testFraction: 0.2,
      validationFraction: 0.25,
      seed: 3,
    });
    const shares = [split.train, split.validation, split.test].map((part) => [
      part.filter((picture) => picture >= 20).length,
      part.filter((picture) => picture < 20).length,
    ]);
    expect(shares).toEqual([
      [18, 12],
      [6, 4],
      [6, 4],
    ]);
  });
});

describe('a data set with a test of its own', () => {
  const request = {
    labels: [0, 0, 0, 1, 1, 1, 0, 1],
    classes: ['gel', 'blot'],
    groups: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
    subsets: ['TRAIN', 'TRAIN', 'TRAIN', 'TRAIN', 'TRAIN', 'TRAIN', 'TEST', 'TEST'] as const,
    testFraction: 0.5,
    validationFraction: 0,
    seed: 1,
  };

  it('is tested with just those pictures, whatever the fraction', () => {
    expect(splitPictures(request)).toEqual({
      train: [0, 1, 2, 3, 4, 5],
      validation: [],
      test: [6, 7],
      excluded: [],
    });
  });

  it('does not train on a duplicate of a test picture, nor test with it twice', () => {
    const split = splitPictures({ ...request, groups: ['a', 'g', 'c', 'd', 'e', 'f', 'g', 'h'] });
    expect(split).toMatchObject({ train: [0, 2, 3, 4, 5], test: [6, 7], excluded: [1] });
  });
});

describe('a data set that is too small', () => {
  const failure = (request: Partial<SplitRequest>): unknown => {
    try {
      return splitPictures({
        labels: [0, 0, 1, 1],
        classes: ['gel', 'blot'],
        groups: ['a', 'b', 'c', 'd'],
        testFraction: 0.25,
        validationFraction: 0.2,
        seed: 1,
        ...request,
      });
    } catch (error) {
      return error;
    }
  };

  it('is refused where a class has a single group', () => {
    expect(failure({ groups: ['a', 'b', 'c', 'c'] })).toMatchObject({
      code: 'DATASET_TOO_SMALL',
      message: 'Class "blot" has no picture to test with.',
      facts: { classes: ['blot'], count: 1 },
    });
  });

  it('is refused where its own test lacks a class', () => {
    expect(failure({ subsets: ['TEST', 'TRAIN', 'TRAIN', 'TRAIN'] })).toMatchObject({
      code: 'DATASET_TOO_SMALL',
    });
  });

  it('is refused where a class is missing altogether', () => {
    expect(failure({ labels: [0, 0, 2, 2], classes: ['gel', 'blot', 'plot'] })).toMatchObject({
      code: 'DATASET_TOO_SMALL',
      facts: { classes: ['blot'] },
    });
  });

  it('names the first of a thousand classes', () => {
    const classes = Array.from({ length: 1000 }, (_, label) => `class ${label}`);
    const labels = [...classes.keys()];
    expect(failure({ labels, classes, groups: classes })).toMatchObject({
      message: expect.stringMatching(
        /^The classes class 0, .* class 9 and 990 more have no picture/,
      ) as unknown,
    });
  });

  it('passes with two groups a class, one for each side', () => {
    const split = failure({}) as ReturnType<typeof splitPictures>;
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([2, 0, 2]);
  });
});
