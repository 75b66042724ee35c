import { at } from '../../at.js';
import type { TopLevelSpec } from 'vega-lite';
import type { RocBandPoint } from '../../evaluation/roc-band.js';
import { areaUnderRoc, rocPoints } from '../../evaluation/roc.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';
import { describeArea } from './describe-proportion.js';
import { chooseCurves, curveChannels, thinOut } from './curve-channels.js';
import { SQUARE_PIXELS, shareChannel } from './share-channel.js';
import type { ScoredPictures, StatedArea } from './scored-pictures.js';

export interface RocChartOptions extends ChartTitle {
  /** Area from the evaluation; for more than two classes the mean over them. */
  stated: StatedArea;
  /** Around the first curve; null draws none. */
  band: readonly RocBandPoint[] | null;
}

/**
 * ROC curves over the line of chance. A class without pictures, or with nothing but them, has no curve and is named
 * with an undefined area.
 */
export function rocChart(curves: readonly ScoredPictures[], options: RocChartOptions): TopLevelSpec {
  const { stated, band } = options;
  const valued = curves.map((curve) => ({ ...curve, value: areaUnderRoc(curve.scores, curve.isPositive) }));
  const { shown, leftOut } = chooseCurves(valued, 'area');
  const named = shown.map(({ name, scores, isPositive, value }) => ({
    label: `${name}: ${describeArea(value, null)}`,
    points: thinOut(rocPoints(scores, isPositive)),
  }));
  const labels = named.map(({ label }) => label);
  const isSingle = curves.length === 1;
  const positive = isSingle ? at(curves, 0).name : 'the class';
  const x = shareChannel('falsePositiveRate', `false positive rate (others called ${positive})`);
  const y = shareChannel('truePositiveRate', `true positive rate (${positive} called so)`);
  const statement = `${isSingle ? 'AUC' : 'mean AUC'} ${describeArea(stated.area, stated.interval)}`;
  return {
    description: describeChart(options, [statement, ...leftOut, ...(isSingle ? [] : labels)]),
    title: titleBlock(options, [
      statement,
      ...leftOut,
      ...(band === null ? [] : ['band: 95% of resamples, near-duplicates drawn together']),
    ]),
    width: SQUARE_PIXELS,
    height: SQUARE_PIXELS,
    layer: [
      {
        data: {
          values: [
            { falsePositiveRate: 0, truePositiveRate: 0 },
            { falsePositiveRate: 1, truePositiveRate: 1 },
          ],
        },
        mark: { type: 'line', style: CHART_STYLES.chance },
        encoding: { x, y },
      },
      {
        data: { values: thinOut(band ?? []) },
        mark: { type: 'area', style: [CHART_STYLES.right, CHART_STYLES.band], line: false },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        data: {
          values: named.flatMap(({ label, points }) =>
            points.map((point, order) => ({ ...point, label, order })),
          ),
        },
        mark: { type: 'line', strokeJoin: 'round', tooltip: { content: 'data' } },
        encoding: {
          x,
          y,
          order: { field: 'order', type: 'quantitative' },
          ...curveChannels(named, isSingle ? null : 'class against the rest: AUC'),
        },
      },
    ],
  };
}
