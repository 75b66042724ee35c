import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation } from '../../words/evaluation.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES, STRONG_ABOVE } from './chart-theme.js';
import { describeProportion } from './describe-proportion.js';
import { distinctLabels } from './shorten-text.js';
import { measureTextWidth } from './text-width.js';

/** Side of a cell by the number of classes, and the sizes of its letters; without room for a share it has none. */
const SIZES = [
  { classesUpTo: 4, cellPixels: 96, countSize: 20, shareSize: 12 },
  { classesUpTo: 10, cellPixels: 60, countSize: 15, shareSize: 11 },
  { classesUpTo: 20, cellPixels: 36, countSize: 12, shareSize: null },
  { classesUpTo: Infinity, cellPixels: 26, countSize: 10, shareSize: null },
];

const LABELS = { pixels: 160, fontSize: 12 };

/** Counts, shaded by the share of the actual class that they are. Rows are what the pictures are. */
export function confusionMatrixChart(
  evaluation: Pick<Evaluation, 'classes' | 'confusion' | 'accuracy'>,
  title: ChartTitle,
): TopLevelSpec {
  const { classes, accuracy } = evaluation;
  const { cellPixels, countSize, shareSize } = SIZES.find(
    ({ classesUpTo }) => classes.length <= classesUpTo,
  )!;
  const axis = { domain: false, ticks: false, grid: false, labelOverlap: false };
  const labels = distinctLabels(classes, LABELS);
  const isCrowded = labels.some((name) => measureTextWidth(LABELS, name) > cellPixels - 6);
  const label = (isStrong: boolean, field: string, dy: number, fontSize: number) => ({
    transform: [{ filter: { field: 'isStrong', equal: isStrong } }],
    mark: {
      type: 'text' as const,
      dy,
      fontSize,
      style: isStrong ? CHART_STYLES.onStrong : CHART_STYLES.onWeak,
    },
    encoding: { text: { field, type: 'nominal' as const } },
  });
  return {
    description: describeChart(title, describeRows(evaluation)),
    title: titleBlock(title, [
      describeProportion('accuracy', accuracy),
      `${shareSize === null ? 'shades' : 'percentages'} are of the actual class`,
    ]),
    data: { values: cellsOf(evaluation, labels) },
    width: { step: cellPixels },
    height: { step: cellPixels },
    encoding: {
      x: {
        field: 'predicted',
        type: 'nominal',
        sort: null,
        title: 'predicted',
        axis: { ...axis, orient: 'bottom', labelAngle: isCrowded ? -40 : 0 },
      },
      y: { field: 'actual', type: 'nominal', sort: null, title: 'actual', axis },
    },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 3, style: CHART_STYLES.cell, tooltip: { content: 'data' } },
        encoding: {
          // Nothing still shows where its cell is.
          fillOpacity: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.05, 1] },
            legend: null,
          },
        },
      },
      ...[true, false].flatMap((isStrong) => [
        label(isStrong, 'count', shareSize === null ? 0 : -countSize * 0.4, countSize),
        ...(shareSize === null ? [] : [label(isStrong, 'percent', countSize * 0.7, shareSize)]),
      ]),
    ],
  };
}

function cellsOf({ confusion }: Pick<Evaluation, 'confusion'>, labels: readonly string[]) {
  return confusion.flatMap((row, actual) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => {
      const share = support === 0 ? 0 : count / support;
      return {
        actual: labels[actual],
        predicted: labels[predicted],
        count,
        share,
        percent: support === 0 ? 'no pictures' : `${(100 * share).toFixed(0)}%`,
        isStrong: share > STRONG_ABOVE,
      };
    });
  });
}

/** The accuracy and, for each class, where its pictures went. */
function describeRows({
  classes,
  confusion,
  accuracy,
}: Pick<Evaluation, 'classes' | 'confusion' | 'accuracy'>): string[] {
  const rows = classes.map((actual, index) => {
    const calls = (confusion[index] ?? []).flatMap((count, predicted) =>
      count === 0 ? [] : [`${count} called ${classes[predicted]}`],
    );
    return calls.length === 0 ? `${actual}: no pictures` : `${actual}: ${calls.join(', ')}`;
  });
  return [describeProportion('accuracy', accuracy), ...rows];
}
