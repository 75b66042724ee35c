import type { TopLevelSpec } from 'vega-lite';
import type { Evaluation } from '../../words/evaluation.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES, STRONG_ABOVE } from './chart-theme.js';
import { labelRows } from './label-rows.js';

/** A row of the results table in the database has all of this. Shares 0..1. */
export interface MetricsResult {
  modelName: string;
  datasetName: string;
  kind: string;
  accuracy: number;
  accuracyLow: number;
  precision: number;
  recall: number;
  f1: number;
  rocAuc: number | null;
  evaluation: Pick<Evaluation, 'balancedAccuracy' | 'mcc'>;
}

/** The published experiment's columns, and what makes them honest. */
const METRICS: { name: string; valueOf: (result: MetricsResult) => number | null }[] = [
  { name: 'accuracy', valueOf: ({ accuracy }) => accuracy },
  { name: 'at least (95%)', valueOf: ({ accuracyLow }) => accuracyLow },
  { name: 'balanced accuracy', valueOf: ({ evaluation }) => evaluation.balancedAccuracy },
  { name: 'precision', valueOf: ({ precision }) => precision },
  { name: 'recall', valueOf: ({ recall }) => recall },
  { name: 'F1', valueOf: ({ f1 }) => f1 },
  { name: 'AUC', valueOf: ({ rocAuc }) => rocAuc },
  { name: 'MCC', valueOf: ({ evaluation }) => evaluation.mcc },
];

const ROOMY = { rowPixels: 24, fontSize: 12 };
const DENSE = { rowPixels: 15, fontSize: 10 };
const ROOMY_UP_TO = 40;
const CELL_WIDTH = 68;

/** Models by metrics, best first. Shades run from the smallest value shown, rounded down to a tenth, to 1. */
export function metricsHeatMap(results: readonly MetricsResult[], title: ChartTitle): TopLevelSpec {
  const { rowPixels, fontSize } = results.length > ROOMY_UP_TO ? DENSE : ROOMY;
  const ranked = labelRows(
    results.toSorted(
      (left, right) =>
        right.accuracyLow - left.accuracyLow || left.modelName.localeCompare(right.modelName, 'en'),
    ),
    { fontSize },
  );
  const palest = palestValue(results);
  const values = ranked.flatMap((result) =>
    METRICS.map(({ name, valueOf }) => cellOf(result.label, name, valueOf(result), palest)),
  );
  const axis = { domain: false, ticks: false, grid: false, labelOverlap: false };
  const scale = { paddingInner: 0.05 };
  const letters = (isStrong: boolean) => ({
    transform: [{ filter: { field: 'isStrong', equal: isStrong } }],
    mark: {
      type: 'text' as const,
      fontSize,
      style: isStrong ? CHART_STYLES.onStrong : CHART_STYLES.onWeak,
    },
    encoding: { text: { field: 'text', type: 'nominal' as const } },
  });
  return {
    description: describeChart(title, ranked.map(describeRow)),
    title: titleBlock(title, [
      results.length === 0
        ? 'no results'
        : `shaded from ${palest.toFixed(1)} to 1; precision, recall and F1 are weighted by class support`,
    ]),
    data: { values },
    width: { step: CELL_WIDTH },
    height: { step: rowPixels },
    encoding: {
      x: {
        field: 'metric',
        type: 'nominal',
        sort: null,
        title: null,
        scale,
        axis: { ...axis, orient: 'top', labelAngle: -30, labelAlign: 'left' },
      },
      y: {
        field: 'row',
        type: 'nominal',
        sort: null,
        title: null,
        scale,
        axis: { ...axis, labelFontSize: fontSize },
      },
    },
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 2, style: CHART_STYLES.cell, tooltip: { content: 'data' } },
        encoding: {
          fillOpacity: {
            field: 'strength',
            type: 'quantitative',
            scale: { domain: [0, 1], range: [0.04, 1] },
            legend: null,
          },
        },
      },
      letters(true),
      letters(false),
    ],
  };
}

/** At most 0.9, so that a table of perfect models is not blank. */
function palestValue(results: readonly MetricsResult[]): number {
  const values = results.flatMap((result) => METRICS.flatMap(({ valueOf }) => valueOf(result) ?? []));
  return Math.max(0, Math.min(0.9, Math.floor(10 * Math.min(...values)) / 10));
}

function cellOf(row: string, metric: string, value: number | null, palest: number) {
  const strength = value === null ? 0 : Math.max(0, (value - palest) / (1 - palest));
  return {
    row,
    metric,
    value,
    text: value === null ? 'undefined' : value.toFixed(3),
    strength,
    isStrong: strength > STRONG_ABOVE,
  };
}

function describeRow(result: MetricsResult & { label: string }): string {
  const metrics = METRICS.map(({ name, valueOf }) => `${name} ${valueOf(result)?.toFixed(3) ?? 'undefined'}`);
  return `${result.label}: ${metrics.join(', ')}`;
}
