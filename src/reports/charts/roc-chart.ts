import type { TopLevelSpec } from 'vega-lite';
import type { Interval } from '../../evaluation/evaluation.js';
import { areaUnderRoc, rocPoints } from '../../evaluation/roc.js';
import { CHART_STYLES } from './chart-theme.js';
import { describeArea } from './describe-proportion.js';

/** The scores of one model, or of one class against the rest. */
export interface ScoredPictures {
  name: string;
  /** Higher means more likely positive. */
  scores: readonly number[];
  isPositive: readonly boolean[];
  /** Of the area, where it was computed. */
  interval?: Interval | null;
}

const SIDE_PIXELS = 340;

/** ROC curves over the line of chance, each with its area in the legend; one without both sides is named but not drawn. */
export function rocChart(
  curves: readonly ScoredPictures[],
  { title, positive }: { title: string; positive: string },
): TopLevelSpec {
  const named = curves.map(({ name, scores, isPositive, interval }) => ({
    label: `${name}: AUC ${describeArea(areaUnderRoc(scores, isPositive), interval ?? null)}`,
    points: rocPoints(scores, isPositive),
  }));
  const rate = (field: string, axisTitle: string) => ({
    field,
    type: 'quantitative' as const,
    title: axisTitle,
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  });
  return {
    description: `${title}: ${named.map(({ label }) => label).join('; ')}`,
    title,
    width: SIDE_PIXELS,
    height: SIDE_PIXELS,
    layer: [
      {
        data: {
          values: [
            { falsePositiveRate: 0, truePositiveRate: 0 },
            { falsePositiveRate: 1, truePositiveRate: 1 },
          ],
        },
        mark: { type: 'line', style: CHART_STYLES.chance },
        encoding: {
          x: rate('falsePositiveRate', `false positive rate (others called ${positive})`),
          y: rate('truePositiveRate', `true positive rate (${positive} called ${positive})`),
        },
      },
      {
        data: {
          values: named.flatMap(({ label, points }) =>
            points.map((point, order) => ({ ...point, label, order })),
          ),
        },
        mark: { type: 'line', strokeJoin: 'round' },
        encoding: {
          x: rate('falsePositiveRate', `false positive rate (others called ${positive})`),
          y: rate('truePositiveRate', `true positive rate (${positive} called ${positive})`),
          order: { field: 'order', type: 'quantitative' },
          color: {
            field: 'label',
            type: 'nominal',
            title: null,
            scale: { domain: named.map(({ label }) => label) },
            legend: { orient: 'bottom', columns: 1, symbolType: 'stroke' },
          },
        },
      },
    ],
  };
}
