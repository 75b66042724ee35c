import type { TopLevelSpec } from 'vega-lite';
import { averagePrecision, precisionRecallPoints } from '../../evaluation/roc.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';
import { describeArea, formatPercent } from './describe-proportion.js';
import { chooseCurves, curveChannels, thinOut } from './curve-channels.js';
import { SQUARE_PIXELS, shareChannel } from './share-channel.js';
import type { ScoredPictures } from './scored-pictures.js';

/**
 * Precision over recall in steps, as average precision counts them: without interpolation. The dashed line of a single
 * curve is what calling everything positive reaches. A class without pictures is named without a curve.
 */
export function precisionRecallChart(
  curves: readonly ScoredPictures[],
  options: ChartTitle & { average: number | null },
): TopLevelSpec {
  const valued = curves.map((curve) => ({
    ...curve,
    value: averagePrecision(curve.scores, curve.isPositive),
  }));
  const { shown, leftOut } = chooseCurves(valued, 'average precision');
  const named = shown.map(({ name, scores, isPositive, value }) => ({
    label: `${name}: ${describeArea(value, null)}`,
    points: thinOut(stepsOf(scores, isPositive)),
  }));
  const labels = named.map(({ label }) => label);
  const isSingle = curves.length === 1;
  const share = isSingle ? shareOfPositives(curves[0]) : null;
  const statement = `${isSingle ? 'average precision' : 'mean average precision'} ${describeArea(options.average, null)}`;
  const chance =
    share === null ? [] : [`dashed line: ${formatPercent(share)} of the pictures are ${curves[0]?.name}`];
  const x = shareChannel(
    'recall',
    isSingle ? `recall (${curves[0]?.name} found)` : 'recall (pictures of the class found)',
  );
  const y = shareChannel('precision', 'precision (rightly called so)');
  return {
    description: describeChart(options, [statement, ...chance, ...leftOut, ...(isSingle ? [] : labels)]),
    title: titleBlock(options, [statement, ...chance, ...leftOut]),
    width: SQUARE_PIXELS,
    height: SQUARE_PIXELS,
    layer: [
      {
        data: { values: share === null ? [] : [{ share }] },
        mark: { type: 'rule', style: CHART_STYLES.chance },
        encoding: { y: { ...y, field: 'share' } },
      },
      {
        data: {
          values: named.flatMap(({ label, points }) =>
            points.map((point, order) => ({ ...point, label, order })),
          ),
        },
        // Each step of recall is walked at the precision that it ends with.
        mark: { type: 'line', interpolate: 'step-before', strokeJoin: 'round', tooltip: { content: 'data' } },
        encoding: {
          x,
          y,
          order: { field: 'order', type: 'quantitative' },
          ...curveChannels(named, isSingle ? null : 'class against the rest: average precision'),
        },
      },
    ],
  };
}

function stepsOf(scores: readonly number[], isPositive: readonly boolean[]) {
  const points = precisionRecallPoints(scores, isPositive).map(({ recall, precision }) => ({
    recall,
    precision,
  }));
  const [first] = points;
  return first === undefined ? [] : [{ ...first, recall: 0 }, ...points];
}

function shareOfPositives(curve: ScoredPictures | undefined): number | null {
  if (curve === undefined || curve.isPositive.length === 0) return null;
  return curve.isPositive.filter(Boolean).length / curve.isPositive.length;
}
