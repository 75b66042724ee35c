import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation } from '../../evaluation/evaluation.js';
import { CHART_STYLES } from './chart-theme.js';
import { describeProportion } from './describe-proportion.js';

const CELL_PIXELS = 96;
/** Cells darker than this share of their row carry light letters. */
const STRONG_SHARE = 0.5;

/** Counts, shaded by the share of the actual class that they are. Rows are what the pictures are. */
export function confusionMatrixChart(
  { classes, confusion, accuracy }: Pick<Evaluation, 'classes' | 'confusion' | 'accuracy'>,
  { title }: { title: string } = { title: 'Confusion matrix' },
): TopLevelSpec {
  const values = confusion.flatMap((row, actual) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => {
      const share = support === 0 ? 0 : count / support;
      return {
        actual: classes[actual],
        predicted: classes[predicted],
        count,
        share,
        isStrong: share > STRONG_SHARE,
      };
    });
  });
  const axis = { domain: false, ticks: false, grid: false, labelAngle: 0 };
  const label = (isStrong: boolean, field: string, format: string, dy: number, fontSize: number) => ({
    transform: [{ filter: { field: 'isStrong', equal: isStrong } }],
    mark: {
      type: 'text' as const,
      dy,
      fontSize,
      style: isStrong ? CHART_STYLES.onStrong : CHART_STYLES.onWeak,
    },
    encoding: { text: { field, type: 'quantitative' as const, format } },
  });
  return {
    description: `${title}: ${describeProportion('accuracy', accuracy)}`,
    title: {
      text: title,
      subtitle: [describeProportion('accuracy', accuracy), 'percentages are of the actual class'],
    },
    data: { values },
    width: { step: CELL_PIXELS },
    height: { step: CELL_PIXELS },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: classes,
        title: 'predicted',
        axis: { ...axis, orient: 'bottom' },
      },
      y: { field: 'actual', type: 'nominal', sort: classes, title: 'actual', axis },
    },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 3 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1] },
            legend: null,
          },
        },
      },
      ...[true, false].flatMap((isStrong) => [
        label(isStrong, 'count', 'd', -8, 20),
        label(isStrong, 'share', '.0%', 14, 12),
      ]),
    ],
  };
}
