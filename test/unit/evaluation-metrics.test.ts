import fc from 'fast-check';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { bootstrapInterval, proportionOf } from '../../src/evaluation/intervals.js';
import {
  areaUnderRoc,
  averagePrecision,
  createRocArea,
  precisionRecallPoints,
  rocPoints,
} from '../../src/evaluation/roc.js';

const scoredPictures = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 6 }), isPositive: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 40,
  },
);
const columnsOf = (pictures: { score: number; isPositive: boolean }[]) =>
  [pictures.map(({ score }) => score / 6), pictures.map(({ isPositive }) => isPositive)] as const;

describe('a share', () => {
  it('has the interval that Wilson gives for 21 and 22 of 22', () => {
    const [some, all] = [proportionOf(21, 22), proportionOf(22, 22)];
    expect([some.low, some.high]).toEqual([expect.closeTo(0.782, 3), expect.closeTo(0.992, 3)]);
    expect([all.low, all.high]).toEqual([expect.closeTo(0.851, 3), 1]);
  });

  it('has no value where nothing was counted', () => {
    expect(proportionOf(0, 0)).toEqual({ value: null, k: 0, n: 0, low: null, high: null });
  });

  it('lies within its interval, which lies within 0..1 and mirrors that of the complement', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), (n, draw) => {
        const k = draw % (n + 1);
        const [share, complement] = [proportionOf(k, n), proportionOf(n - k, n)];
        const [low, value, high] = [share.low ?? NaN, share.value ?? NaN, share.high ?? NaN];
        expect(low).toBeGreaterThanOrEqual(0);
        expect(value).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(high).toBeLessThanOrEqual(1);
        expect(complement.low).toBeCloseTo(1 - high, 12);
      }),
    );
  });
});

describe('a share of answers that come in groups', () => {
  it('has the interval of as many answers as there are groups', () => {
    // Python, from the formula: p = 222 / 230, n = 40, z = 1.959963984540054.
    expect(proportionOf(222, 230, 40)).toEqual({
      value: 222 / 230,
      k: 222,
      n: 230,
      low: expect.closeTo(0.8566064513965461, 12) as number,
      high: expect.closeTo(0.9923021457503265, 12) as number,
      groupCount: 40,
    });
    expect(proportionOf(30, 40, 40)).toEqual(proportionOf(30, 40));
  });

  it('is never narrower for answers in groups, and no wider for answers given twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat(), (n, drawnShare, drawnGroups) => {
        const [k, groups] = [drawnShare % (n + 1), 1 + (drawnGroups % n)];
        const width = ({ low, high }: ReturnType<typeof proportionOf>) => (high ?? NaN) - (low ?? NaN);
        expect(width(proportionOf(k, n, groups))).toBeGreaterThanOrEqual(width(proportionOf(k, n)) - 1e-12);
        expect(width(proportionOf(2 * k, 2 * n, n))).toBeCloseTo(width(proportionOf(k, n)), 12);
      }),
    );
  });
});

describe('the area under the ROC curve', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    fc.assert(
      fc.property(scoredPictures, (pictures) => {
        const positives = pictures.filter(({ isPositive }) => isPositive);
        const negatives = pictures.filter(({ isPositive }) => !isPositive);
        const pairs = positives.flatMap((positive) =>
          negatives.map((negative): number => (Math.sign(positive.score - negative.score) + 1) / 2),
        );
        const expected =
          pairs.length === 0 ? null : pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
        const area = areaUnderRoc(...columnsOf(pictures));
        if (expected === null) expect(area).toBeNull();
        else expect(area).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('is the area under the drawn points', () => {
    fc.assert(
      fc.property(scoredPictures, (pictures) => {
        const points = rocPoints(...columnsOf(pictures));
        const area = areaUnderRoc(...columnsOf(pictures));
        fc.pre(area !== null);
        const trapezes = points.slice(1).map((point, index) => {
          const previous = points[index] ?? point;
          const height = (point.truePositiveRate + previous.truePositiveRate) / 2;
          return (point.falsePositiveRate - previous.falsePositiveRate) * height;
        });
        expect(trapezes.reduce((sum, value) => sum + value, 0)).toBeCloseTo(area ?? NaN, 12);
      }),
    );
  });
});

describe('precision and recall', () => {
  it('end at recall 1 with the share of positives as precision', () => {
    const points = precisionRecallPoints([0.9, 0.8, 0.3, 0.3], [true, false, true, false]);
    expect(points).toEqual([
      { recall: 0.5, precision: 1, threshold: 0.9 },
      { recall: 0.5, precision: 0.5, threshold: 0.8 },
      { recall: 1, precision: 0.5, threshold: 0.3 },
    ]);
    expect(averagePrecision([0.9, 0.8, 0.3, 0.3], [true, false, true, false])).toBeCloseTo(0.75, 12);
  });

  it('are undefined without a positive picture', () => {
    expect(precisionRecallPoints([0.5], [false])).toEqual([]);
    expect(averagePrecision([0.5], [false])).toBeNull();
  });
});

describe('the bootstrap interval', () => {
  const mean = (values: number[]) => (weights: Uint32Array) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return values.reduce((sum, value, picture) => sum + value * (weights[picture] ?? 0), 0) / total;
  };
  const values = Array.from({ length: 40 }, (_, picture) => Number(picture % 4 > 0));

  it('is the same for the same seed and holds the statistic of the sample', () => {
    const groups = values.map((_, picture) => String(picture));
    const interval = bootstrapInterval(groups, mean(values), 3);
    expect(bootstrapInterval(groups, mean(values), 3)).toEqual(interval);
    expect(interval?.low).toBeLessThan(0.75);
    expect(interval?.high).toBeGreaterThan(0.75);
  });

  it('is wider where pictures come in groups that err together', () => {
    const sorted = values.toSorted((left, right) => left - right);
    const width = (groups: string[]) => {
      const interval = bootstrapInterval(groups, mean(sorted), 3);
      return (interval?.high ?? NaN) - (interval?.low ?? NaN);
    };
    const alone = width(sorted.map((_, picture) => String(picture)));
    expect(width(sorted.map((_, picture) => String(Math.floor(picture / 5))))).toBeGreaterThan(1.5 * alone);
  });

  it('is the one that numpy finds with 40000 resamples, of pictures and of groups', () => {
    const scores = Array.from(
      { length: 60 },
      (_, picture) =>
        0.6 * Math.sin(2.1 * Math.floor(picture / 4)) + 0.4 * Math.sin(1.3 * picture) + 0.5 * (picture % 2),
    );
    const area = createRocArea(
      scores,
      scores.map((_, picture) => picture % 2 === 1),
    );
    // np.percentile of the area of rng.integers(0, groups, groups) whole groups, at 2.5 and 97.5.
    const alone = bootstrapInterval(
      scores.map((_, picture) => String(picture)),
      area,
      1,
    );
    expect(Math.abs((alone?.low ?? NaN) - 0.6312)).toBeLessThan(0.015);
    expect(Math.abs((alone?.high ?? NaN) - 0.8822)).toBeLessThan(0.015);
    const grouped = bootstrapInterval(
      scores.map((_, picture) => String(Math.floor(picture / 4))),
      area,
      1,
    );
    expect(Math.abs((grouped?.low ?? NaN) - 0.7422)).toBeLessThan(0.005);
    expect(Math.abs((grouped?.high ?? NaN) - 0.8167)).toBeLessThan(0.005);
  });

  it('is absent where most resamples leave the statistic undefined', () => {
    expect(bootstrapInterval(['a', 'b'], () => null, 3)).toBeNull();
  });
});

describe('an evaluation', () => {
  const answers = {
    classes: ['gel', 'not_gel'],
    labels: [0, 0, 1, 1],
    probabilities: [
      [0.9, 0.1],
      [0.4, 0.6],
      [0.2, 0.8],
      [0.5, 0.5],
    ],
  };

  it('counts per class, the first of equal probabilities being the answer', () => {
    const evaluation = evaluate(answers);
    expect(evaluation.confusion).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(evaluation.accuracy).toMatchObject({ value: 0.5, k: 2, n: 4 });
    expect(evaluation.perClass[0]).toMatchObject({
      name: 'gel',
      support: 2,
      precision: { k: 1, n: 2 },
      f1: 0.5,
    });
    expect(evaluation.rocAuc).toBe(0.75);
    expect(evaluation.rocAucHard).toBe(0.5);
  });

  it('puts simpler rules beside the classifier', () => {
    const { baselines } = evaluate({
      ...answers,
      baselines: [{ name: 'majority', predicted: [0, 0, 0, 0] }],
    });
    expect(baselines).toEqual([{ name: 'majority', accuracy: proportionOf(2, 4) }]);
  });

  it('takes groups, not answers, for independent in every interval', () => {
    const repeated = <T>(values: readonly T[]): T[] => [...values, ...values, ...values];
    const once = evaluate({ ...answers, groups: ['a', 'a', 'b', 'c'] });
    const thrice = evaluate({
      ...answers,
      labels: repeated(answers.labels),
      probabilities: repeated(answers.probabilities),
      groups: repeated(['a', 'a', 'b', 'c']),
      repeats: 3,
      baselines: [{ name: 'majority', predicted: new Array<number>(12).fill(0) }],
    });
    expect(thrice).toMatchObject({ groupCount: 3, accuracy: { k: 6, n: 12, groupCount: 3 } });
    const bounds = ({ low, high }: { low: number | null; high: number | null }) => [
      expect.closeTo(low ?? NaN, 12) as number,
      expect.closeTo(high ?? NaN, 12) as number,
    ];
    expect([thrice.accuracy.low, thrice.accuracy.high]).toEqual(bounds(once.accuracy));
    expect(thrice.rocAucInterval).toEqual(once.rocAucInterval);
    // One group of the first class, two of the second; both classes are among the answers to each.
    expect(thrice.perClass[0]?.recall).toEqual(proportionOf(3, 6, 1));
    expect(thrice.perClass[1]?.precision).toEqual(proportionOf(3, 6, 2));
    expect(thrice.baselines).toEqual([{ name: 'majority', accuracy: proportionOf(6, 12, 3) }]);
    expect(thrice.logLoss).toBeCloseTo(once.logLoss, 12);
  });

  it.each([
    [9, ['NOT_EVALUABLE', 'NO_CALIBRATION_ERROR'], 'Class "b" has 9 independent groups of test pictures'],
    [10, ['WIDE_INTERVALS', 'NO_CALIBRATION_ERROR'], 'Class "b" has 10 independent groups of test pictures'],
    [29, ['WIDE_INTERVALS', 'NO_CALIBRATION_ERROR'], 'Class "b" has 29 independent groups of test pictures'],
    [30, ['NO_CALIBRATION_ERROR'], 'The calibration error is left out: 120 test pictures'],
  ])('warns of a class with %d independent groups as it deserves', (groupCount, codes, start) => {
    const labels = Array.from({ length: 120 }, (_, picture) => Number(picture >= 60));
    const { warnings = [] } = evaluate({
      classes: ['a', 'b'],
      labels,
      probabilities: labels.map(() => [0.5, 0.5]),
      groups: labels.map((label, picture) => (label === 0 ? `a ${picture}` : `b ${picture % groupCount}`)),
    });
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    expect(warnings[0]?.message).toMatch(start);
  });

  it('says nothing of a class that is absent, and stays a number elsewhere', () => {
    const evaluation = evaluate({ ...answers, labels: [0, 0, 0, 0] });
    expect(evaluation).toMatchObject({ rocAuc: null, rocAucInterval: null, rocAucHard: null, mcc: 0 });
    expect(evaluation.perClass[1]?.recall.value).toBeNull();
    expect(evaluation.balancedAccuracy).toBe(0.5);
  });

  it('takes typed arrays and keeps numbers that survive JSON', () => {
    const evaluation = evaluate({
      classes: ['a', 'b', 'c'],
      labels: Int32Array.of(0, 1, 2),
      probabilities: [Float32Array.of(1, 0, 0), Float32Array.of(1, 0, 0), Float32Array.of(0, 0, 1)],
    });
    expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
    expect(evaluation.logLoss).toBeCloseTo(-Math.log(Number.EPSILON) / 3, 9);
  });

  it('refuses lists that do not fit together, and an empty test', () => {
    expect(() => evaluate({ ...answers, predicted: [0] })).toThrow('do not fit together');
    expect(() => evaluate({ ...answers, labels: [0, 0, 1, 2] })).toThrow('do not fit together');
    expect(() => evaluate({ ...answers, labels: [], probabilities: [] })).toThrow('no picture');
  });
});
