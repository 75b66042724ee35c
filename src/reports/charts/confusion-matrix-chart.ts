import type { TopLevelSpec } from 'vega-lite';
import { sumOf } from '../../evaluation/arithmetic.js';
import type { Evaluation } from '../../words/evaluation.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES, STRONG_ABOVE } from './chart-theme.js';
import { describeProportion } from './describe-proportion.js';
import { listNames } from '../../list-names.js';
import { distinctLabels } from './shorten-text.js';
import { measureTextWidth } from './text-width.js';

/** Side of a cell by the number of classes, and the sizes of its letters; without room for a share it has none. */
const SIZES = [
  { classesUpTo: 4, cellPixels: 96, countSize: 20, shareSize: 12 },
  { classesUpTo: 10, cellPixels: 60, countSize: 15, shareSize: 11 },
  { classesUpTo: 20, cellPixels: 36, countSize: 12, shareSize: null },
  { classesUpTo: Infinity, cellPixels: 26, countSize: 10, shareSize: null },
];

/** Rows and columns of a drawing; a thousand classes would fill 400 MB. */
const MAX_CLASSES = 30;
/** Answers to one class that the description tells apart. */
const MAX_CALLS = 10;

const LABELS = { pixels: 160, fontSize: 12 };

/**
 * Counts, shaded by the share of the actual class that they are. Rows are what the pictures are. Of many classes those
 * with the most wrong answers are drawn.
 */
export function confusionMatrixChart(
  evaluation: Pick<Evaluation, 'classes' | 'confusion' | 'accuracy'>,
  title: ChartTitle,
): TopLevelSpec {
  const { accuracy } = evaluation;
  const shown = chooseClasses(evaluation.confusion);
  const classes = shown.flatMap((label) => evaluation.classes[label] ?? []);
  const leftOut = evaluation.classes.length - classes.length;
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
    description: describeChart(title, [...describeLeftOut(leftOut), ...describeRows(evaluation, shown)]),
    title: titleBlock(title, [
      describeProportion('accuracy', accuracy),
      `${shareSize === null ? 'shades' : 'percentages'} are of the actual class`,
      ...describeLeftOut(leftOut),
    ]),
    data: { values: cellsOf(evaluation, shown, labels) },
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

/** Labels of the classes that are drawn, ascending: of too many those with the most wrong answers to or of them. */
function chooseClasses(confusion: readonly (readonly number[])[]): number[] {
  const labels = [...confusion.keys()];
  if (labels.length <= MAX_CLASSES) return labels;
  const wrong = confusion.map((row, label) => sumOf(row) - (row[label] ?? 0));
  confusion.forEach((row, actual) => {
    row.forEach((count, predicted) => {
      if (predicted !== actual) wrong[predicted] = (wrong[predicted] ?? 0) + count;
    });
  });
  const byWrong = labels.sort((left, right) => (wrong[right] ?? 0) - (wrong[left] ?? 0) || left - right);
  return byWrong.slice(0, MAX_CLASSES).sort((left, right) => left - right);
}

function describeLeftOut(leftOut: number): string[] {
  if (leftOut === 0) return [];
  return [`the ${MAX_CLASSES} classes with the most wrong answers; ${leftOut} are left out`];
}

function cellsOf(
  { confusion }: Pick<Evaluation, 'confusion'>,
  shown: readonly number[],
  labels: readonly string[],
) {
  return shown.flatMap((label, actual) => {
    const row = confusion[label] ?? [];
    const support = sumOf(row);
    return shown.map((called, predicted) => {
      const count = row[called] ?? 0;
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
function describeRows(
  { classes, confusion, accuracy }: Pick<Evaluation, 'classes' | 'confusion' | 'accuracy'>,
  shown: readonly number[],
): string[] {
  const rows = shown.map((label) => {
    const calls = (confusion[label] ?? []).flatMap((count, predicted) =>
      count === 0 ? [] : [`${count} called ${classes[predicted]}`],
    );
    return `${classes[label]}: ${calls.length === 0 ? 'no pictures' : listNames(calls, MAX_CALLS)}`;
  });
  return [describeProportion('accuracy', accuracy), ...rows];
}
