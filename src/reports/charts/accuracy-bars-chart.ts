import type { TopLevelSpec } from 'vega-lite';
import { ARCHITECTURES, type Architecture, REFERENCE_NAMES } from '../../words/architecture.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';
import { formatPercent } from './describe-proportion.js';
import { labelRows } from './label-rows.js';

/** A row of the results table in the database has all of this. Shares 0..1. */
export interface AccuracyResult {
  modelName: string;
  datasetName: string;
  kind: string;
  pretrainedModel: Architecture;
  accuracy: number;
  accuracyLow: number;
  accuracyHigh: number;
  testCount: number;
  /** Digest of the test pictures. */
  testDigest: string;
}

/** What a rule without a look at the pictures reaches. */
export interface ReferenceLine {
  name: string;
  /** 0..1. */
  share: number;
}

const PLOT_WIDTH = 420;
/** Height of a row and size of its letters, for up to 40 models and for more. */
const ROOMY = { rowPixels: 22, fontSize: 12 };
const DENSE = { rowPixels: 15, fontSize: 10 };
const ROOMY_UP_TO = 40;

/**
 * One bar per model with its 95 % interval, the best on top.
 * @param references drawn as dashed lines across the bars
 */
export function accuracyBarsChart(
  results: readonly AccuracyResult[],
  options: ChartTitle & { references?: readonly ReferenceLine[] },
): TopLevelSpec {
  const { references = [] } = options;
  const { rowPixels, fontSize } = results.length > ROOMY_UP_TO ? DENSE : ROOMY;
  const ranked = labelRows(
    results.toSorted(
      (left, right) => right.accuracy - left.accuracy || left.modelName.localeCompare(right.modelName, 'en'),
    ),
    { fontSize },
  );
  const values = ranked.map((result) => ({
    row: result.label,
    accuracy: result.accuracy,
    low: result.accuracyLow,
    high: result.accuracyHigh,
    backbone: REFERENCE_NAMES[result.pretrainedModel],
    percent: formatPercent(result.accuracy),
  }));
  const backbones = ARCHITECTURES.filter((name) => results.some((result) => result.pretrainedModel === name));
  const y = { field: 'row', type: 'nominal' as const, sort: null, title: null };
  const x = {
    type: 'quantitative' as const,
    title: 'accuracy',
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  };
  return {
    description: describeChart(options, [
      'with 95% intervals',
      ...describeMixture(results),
      ...describeRows(values, references),
    ]),
    title: titleBlock(options, [
      describeTests(results),
      ...describeMixture(results),
      ...references.map(({ name, share }) => `dashed line: ${name} ${formatPercent(share)}`),
    ]),
    width: PLOT_WIDTH,
    height: { step: rowPixels },
    data: { values },
    layer: [
      {
        mark: {
          type: 'bar',
          height: { band: 0.68 },
          cornerRadiusEnd: 2,
          opacity: 0.65,
          tooltip: { content: 'data' },
        },
        encoding: {
          x: { ...x, field: 'accuracy' },
          y: {
            ...y,
            axis: { domain: false, ticks: false, labelFontSize: fontSize, labelOverlap: false },
          },
          color: {
            field: 'backbone',
            type: 'nominal',
            title: null,
            scale: { domain: backbones.map((name) => REFERENCE_NAMES[name]) },
            legend: { orient: 'bottom', symbolType: 'square' },
          },
        },
      },
      {
        mark: { type: 'errorbar' },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y },
      },
      {
        mark: { type: 'text', align: 'left', dx: 8, fontSize },
        encoding: { x: { value: PLOT_WIDTH }, y, text: { field: 'percent', type: 'nominal' } },
      },
      {
        data: { values: references.map(({ share }) => ({ share })) },
        mark: { type: 'rule', style: CHART_STYLES.chance },
        encoding: { x: { ...x, field: 'share' } },
      },
    ],
  };
}

function describeTests(results: readonly AccuracyResult[]): string {
  if (results.length === 0) return 'no results';
  const counts = [...new Set(results.map(({ testCount }) => testCount))].sort((left, right) => left - right);
  const pictures = counts.length <= 2 ? counts.join(' or ') : `${counts[0]} to ${counts.at(-1)}`;
  return `with 95% intervals, ${pictures} test pictures`;
}

/** Bars of different tests stand beside each other, and do not rank. */
function describeMixture(results: readonly AccuracyResult[]): string[] {
  const { size } = new Set(results.map(({ testDigest }) => testDigest));
  return size < 2 ? [] : [`tested on ${size} different sets of pictures: compare within one`];
}

function describeRows(
  values: readonly { row: string; percent: string; low: number; high: number }[],
  references: readonly ReferenceLine[],
): string[] {
  const models = values.map(
    ({ row, percent, low, high }) => `${row} ${percent} (${formatPercent(low)} to ${formatPercent(high)})`,
  );
  return [...models, ...references.map(({ name, share }) => `${name} ${formatPercent(share)}`)];
}
