import type { TopLevelSpec } from 'vega-lite';
import { ARCHITECTURES, type Architecture, REFERENCE_NAMES } from '../../networks/architecture.js';
import { CHART_STYLES } from './chart-theme.js';

/** A row of the results table in the database has all of this. Shares 0..1. */
export interface AccuracyResult {
  modelName: string;
  pretrainedModel: Architecture;
  accuracy: number;
  accuracyLow: number;
  accuracyHigh: number;
  testCount: number;
}

const ROW_PIXELS = 22;

/**
 * One bar per model with its 95 % interval, the best on top.
 * @param chance share that a rule without a look at the picture reaches, drawn as a line; null draws none
 */
export function accuracyBarsChart(
  results: readonly AccuracyResult[],
  { title = 'Accuracy by model', chance = null }: { title?: string; chance?: number | null } = {},
): TopLevelSpec {
  const ranked = results.toSorted(
    (left, right) => right.accuracy - left.accuracy || left.modelName.localeCompare(right.modelName, 'en'),
  );
  const values = ranked.map((result) => ({
    ...result,
    backbone: REFERENCE_NAMES[result.pretrainedModel],
    label: `${(100 * result.accuracy).toFixed(1)}%`,
  }));
  const backbones = ARCHITECTURES.filter((name) => results.some((result) => result.pretrainedModel === name));
  const counts = [...new Set(results.map(({ testCount }) => testCount))].sort((left, right) => left - right);
  const y = {
    field: 'modelName',
    type: 'nominal' as const,
    sort: ranked.map(({ modelName }) => modelName),
    title: null,
  };
  const x = {
    type: 'quantitative' as const,
    title: 'accuracy',
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 5 },
  };
  return {
    description: `${title}: ${values.map(({ modelName, label }) => `${modelName} ${label}`).join('; ')}`,
    title: { text: title, subtitle: `with 95% intervals, ${counts.join(' or ')} test pictures` },
    data: { values },
    width: 420,
    height: { step: ROW_PIXELS },
    layer: [
      {
        mark: { type: 'bar', height: { band: 0.68 }, cornerRadiusEnd: 2, opacity: 0.65 },
        encoding: {
          x: { ...x, field: 'accuracy' },
          y: { ...y, axis: { domain: false, ticks: false } },
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
        mark: 'errorbar',
        encoding: { x: { ...x, field: 'accuracyLow' }, x2: { field: 'accuracyHigh' }, y },
      },
      {
        mark: { type: 'text', align: 'left', dx: 8 },
        encoding: { x: { value: 420 }, y, text: { field: 'label', type: 'nominal' } },
      },
      ...(chance === null
        ? []
        : [
            {
              data: { values: [{ chance }] },
              mark: { type: 'rule' as const, style: CHART_STYLES.chance },
              encoding: { x: { ...x, field: 'chance' } },
            },
          ]),
    ],
  };
}
