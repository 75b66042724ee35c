import type { TopLevelSpec } from 'vega-lite';
import fc from 'fast-check';
import { bootstrapInterval } from '../../src/evaluation/intervals.js';
import { rocBand } from '../../src/evaluation/roc-band.js';
import { areaUnderRoc, averagePrecision } from '../../src/evaluation/roc.js';
import { calibrationChart, precisionRecallChart, rocChart, scoreClasses } from '../../src/reports/charts.js';
import { reliabilityBins } from '../../src/reports/charts/reliability-bins.js';
import { makeAnswers } from '../support/chart-rows.js';

const labels = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1];
const scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.65, 0.2, 0.7, 0.65, 0.4, 0.95];
const isPositive = labels.map((label) => label === 1);
const curve = { name: 'not_gel', scores, isPositive };

/*
 * scikit-learn 1.7:
 *   fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
 *   precision, recall, _ = precision_recall_curve(labels, scores)
 *   roc_auc_score(labels, scores), average_precision_score(labels, scores)
 */
const FALSE_POSITIVE_RATES = [0, 0, 0, 0, 0, 0.2, 0.6, 0.6, 0.8, 1];
const TRUE_POSITIVE_RATES = [0, 0.142857, 0.285714, 0.428571, 0.571429, 0.714286, 0.857143, 1, 1, 1];
/** Turned round: recall from 0 upwards. The library's first point, precision 1 at recall 0, is one that nothing measured. */
const PRECISIONS = [1, 1, 1, 1, 0.833333, 0.666667, 0.7, 0.636364, 0.583333];
const RECALLS = [0.142857, 0.285714, 0.428571, 0.571429, 0.714286, 0.857143, 1, 1, 1];
const AREA = 0.8428571428571429;
const AVERAGE_PRECISION = 0.8857142857142857;

/** Values in the layer of a specification. */
function valuesOf(spec: TopLevelSpec, layer: number): Record<string, number>[] {
  const { layer: layers } = spec as { layer: { data: { values: Record<string, number>[] } }[] };
  return layers[layer]?.data.values ?? [];
}
const column = (values: Record<string, number>[], name: string) =>
  values.map((value) => Math.round((value[name] ?? NaN) * 1e6) / 1e6);

describe('the ROC chart', () => {
  const spec = rocChart([curve], { title: 'ROC', stated: { area: AREA, interval: null }, band: null });

  it('goes through the points that scikit-learn computes', () => {
    expect(column(valuesOf(spec, 2), 'falsePositiveRate')).toEqual(FALSE_POSITIVE_RATES);
    expect(column(valuesOf(spec, 2), 'truePositiveRate')).toEqual(TRUE_POSITIVE_RATES);
    expect(areaUnderRoc(scores, isPositive)).toBeCloseTo(AREA, 12);
  });

  it('states the area with its interval in words', () => {
    const interval = { low: 0.61, high: 1 };
    const stated = rocChart([curve], { title: 'ROC', stated: { area: AREA, interval }, band: null });
    expect(stated.description).toBe('ROC: AUC 0.843 (95% interval 0.610 to 1.000)');
  });

  it('claims no interval where nothing is ranked wrongly', () => {
    const stated = { area: 1, interval: { low: 1, high: 1 } };
    expect(rocChart([curve], { title: 'ROC', stated, band: null }).description).toBe(
      'ROC: AUC 1.000 (no interval: nothing is ranked wrongly)',
    );
  });

  it('has one curve for two classes, and one for each of more', () => {
    expect(
      scoreClasses(['gel', 'not_gel'], makeAnswers(['gel', 'not_gel'], 4)).map(({ name }) => name),
    ).toEqual(['not_gel']);
    const three = ['gel', 'blot', 'other'];
    expect(scoreClasses(three, makeAnswers(three, 6)).map(({ name }) => name)).toEqual(three);
  });
});

describe('a curve of very many pictures', () => {
  it('has a thousand points, the first and the last among them', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => index);
    const curve = { name: 'gel', scores: many, isPositive: many.map((index) => index % 3 === 0) };
    const spec = rocChart([curve], { title: 'ROC', stated: { area: 0.5, interval: null }, band: null });
    const values = valuesOf(spec, 2);
    expect(values).toHaveLength(1000);
    expect(values[0]).toMatchObject({ falsePositiveRate: 0, truePositiveRate: 0 });
    expect(values.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 });
  });
});

describe('the precision-recall chart', () => {
  it('goes through the points that scikit-learn computes, in the steps of average precision', () => {
    const spec = precisionRecallChart([curve], { title: 'PR', average: AVERAGE_PRECISION });
    const [start, ...points] = valuesOf(spec, 1);
    expect(start).toMatchObject({ recall: 0, precision: 1 });
    expect(column(points, 'precision')).toEqual(PRECISIONS);
    expect(column(points, 'recall')).toEqual(RECALLS);
    expect(averagePrecision(scores, isPositive)).toBeCloseTo(AVERAGE_PRECISION, 12);
    // The area below the steps that are drawn.
    const area = points.reduce(
      (sum, { recall = 0, precision = 0 }, index) =>
        sum + (recall - (points[index - 1]?.recall ?? 0)) * precision,
      0,
    );
    expect(area).toBeCloseTo(AVERAGE_PRECISION, 12);
    expect(spec.description).toBe(
      'PR: average precision 0.886; dashed line: 58.3% of the pictures are not_gel',
    );
  });
});

describe('the band around a ROC curve', () => {
  const groups = labels.map((_, index) => String(index));

  it('comes from the resamples that the interval of the area comes from', () => {
    const band = rocBand(scores, isPositive, groups, 5)!;
    expect(band).toHaveLength(51);
    const [first] = band;
    const last = band.at(-1);
    expect([last?.low, last?.high]).toEqual([1, 1]);
    // At a false positive rate of 0: the share of positives above the best negative.
    const atZero = bootstrapInterval(
      groups,
      (weights) => {
        const best = Math.max(...scores.filter((_, index) => !isPositive[index] && weights[index]! > 0));
        const count = (isCounted: (index: number) => boolean) =>
          scores.reduce(
            (sum, _, index) => sum + (isPositive[index] && isCounted(index) ? weights[index]! : 0),
            0,
          );
        const positives = count(() => true);
        return positives === 0 || best === -Infinity
          ? null
          : count((index) => scores[index]! > best) / positives;
      },
      5,
    );
    expect(first).toEqual({ falsePositiveRate: 0, ...atZero });
  });

  it('rises, and lies within 0 and 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
          minLength: 2,
          maxLength: 12,
        }),
        (pictures) => {
          const band = rocBand(
            pictures.map(([score]) => score),
            pictures.map(([, positive]) => positive),
            pictures.map((_, index) => String(index)),
            1,
          );
          let [low, high] = [0, 0];
          for (const point of band ?? []) {
            expect(point.low).toBeGreaterThanOrEqual(low);
            expect(point.high).toBeGreaterThanOrEqual(Math.max(high, point.low));
            expect(point.high).toBeLessThanOrEqual(1);
            ({ low, high } = point);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is not drawn where nothing is ranked wrongly, or a side is empty', () => {
    expect(rocBand([0.1, 0.2, 0.8, 0.9], [false, false, true, true], ['a', 'b', 'c', 'd'], 1)).toBeNull();
    expect(rocBand([0.1, 0.2], [true, true], ['a', 'b'], 1)).toBeNull();
  });

  it('is wider where the pictures are near-duplicates of each other', () => {
    const single = scoreClasses(['a', 'b'], makeAnswers(['a', 'b'], 40))[0]!;
    const thrice = [0, 1, 2].flatMap(() => [...single.scores.keys()]);
    const width = (keyOf: (picture: number, position: number) => string) => {
      const band = rocBand(
        thrice.map((picture) => single.scores[picture]!),
        thrice.map((picture) => single.isPositive[picture]!),
        thrice.map(keyOf),
        1,
      )!;
      return band.reduce((sum, { low, high }) => sum + high - low, 0);
    };
    const independent = width((_, position) => String(position));
    // Three times the pictures, the same knowledge: wider by the square root of three.
    expect(width((picture) => String(picture)) / independent).toBeGreaterThan(1.4);
  });
});

describe('the bins of a calibration chart', () => {
  /*
   * scikit-learn 1.7: n = 60; confidence = linspace(.5, 1, n); right = arange(n) * 7 % 10 < 8
   *   calibration_curve(right, confidence, n_bins=3, strategy='quantile')
   */
  it('have the shares and means that scikit-learn computes', () => {
    const answers = Array.from({ length: 60 }, (_, index) => {
      const confidence = 0.5 + index / 118;
      return { label: (index * 7) % 10 < 8 ? 1 : 0, probabilities: [1 - confidence, confidence + 1e-9] };
    });
    const bins = reliabilityBins(answers);
    expect(bins.map(({ count }) => count)).toEqual([20, 20, 20]);
    for (const [bin, mean] of [0.580508, 0.75, 0.919492].entries()) {
      expect(bins[bin]?.confidence).toBeCloseTo(mean, 5);
      expect(bins[bin]?.right).toBeCloseTo(0.8, 12);
    }
  });

  it('are as many as have 20 answers each, and never more than ten', () => {
    const countOf = (answers: number) => reliabilityBins(makeAnswers(['a', 'b'], answers)).length;
    expect([0, 1, 19, 39, 40, 199, 200, 5000].map(countOf)).toEqual([0, 1, 1, 1, 2, 9, 10, 10]);
  });

  it('hold every answer once, between probabilities that do not overlap', () => {
    const bins = reliabilityBins(makeAnswers(['a', 'b', 'c'], 137));
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(137);
    bins.slice(1).forEach(({ from }, index) => expect(from).toBeGreaterThanOrEqual(bins[index]!.to));
  });

  it('state the calibration error beside its null value, or that there are too few answers for one', () => {
    const answers = makeAnswers(['a', 'b'], 40);
    const options = { title: 'C', logLoss: 0.5, brier: 0.2 };
    expect(calibrationChart(answers, { ...options, calibrationError: null }).description).toContain(
      'C: 2 bins of 20 answers each; log loss 0.500, Brier score 0.200; too few answers to state a calibration error',
    );
    const calibrationError = { value: 0.034, nullValue: 0.021 };
    expect(calibrationChart(answers, { ...options, calibrationError }).description).toContain(
      'calibration error 0.034; a perfect model would show 0.021 here',
    );
  });
});
