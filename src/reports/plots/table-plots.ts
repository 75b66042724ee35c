import type { DatabaseScope } from '../../db/client.js';
import { MAX_PAGE_SIZE } from '../../db/keyset.js';
import type { ResultKind } from '../../words/model.js';
import { countResults, pageResults, type ResultRow } from '../../registry/results.js';
import { accuracyBarsChart, metricsHeatMap, trainingTimeChart } from '../charts.js';
import type { ReferenceLine } from '../charts/accuracy-bars-chart.js';
import { once } from './once.js';
import { TABLE_PLOT_KINDS, type Plot, type TablePlotKind } from './plot.js';

const TABLE_PLOT_TITLES: Record<TablePlotKind, string> = {
  accuracy: 'Accuracy by model',
  'heat-map': 'Metrics by model',
  'training-time': 'Training time by backbone and device',
};

/** Which results a chart of the whole table shows. */
export interface TableFilter {
  /** Name of the data set of the test pictures; null takes all. */
  dataset: string | null;
  kind: ResultKind;
}

/** Results of a table, the best first, and how many more there are. */
export interface ResultTable {
  results: readonly ResultRow[];
  totalCount: number;
}

/** Charts of the best results that the filter lets through, 200 at most. */
export function tablePlots(scope: DatabaseScope, filter: TableFilter): Plot[] {
  const { dataset, kind: resultKind } = filter;
  const load = once(() => loadTable(scope, filter));
  const subject = dataset === null ? 'all models' : `models tested on ${dataset}`;
  return TABLE_PLOT_KINDS.map((kind) => ({
    ...describeTable(kind, subject, load),
    path: `/plots/models/${kind}`,
    query: {
      ...(dataset === null ? {} : { dataset }),
      ...(resultKind === 'HOLDOUT' ? {} : { kind: resultKind }),
    },
  }));
}

/** Charts of a sweep's best models as far as they are there, 200 at most. */
export function sweepPlots(
  sweep: { id: string; name: string },
  loadResults: () => Promise<readonly ResultRow[]>,
): Plot[] {
  const load = once(async () => {
    const results = await loadResults();
    const best = results.toSorted((left, right) => right.accuracyLow - left.accuracyLow);
    return { results: best.slice(0, MAX_PAGE_SIZE), totalCount: results.length };
  });
  return TABLE_PLOT_KINDS.map((kind) => ({
    ...describeTable(kind, sweep.name, load),
    path: `/plots/sweeps/${sweep.id}/${kind}`,
    query: {},
  }));
}

function describeTable(
  kind: TablePlotKind,
  subject: string,
  load: () => Promise<ResultTable>,
): Omit<Plot, 'path' | 'query'> {
  return {
    kind,
    title: `${TABLE_PLOT_TITLES[kind]}: ${subject}`,
    isFinal: false,
    version: async () => {
      const { results, totalCount } = await load();
      return [subject, totalCount, ...results.map(({ id }) => id)].join(' ');
    },
    specify: once(async () => {
      const { results, totalCount } = await load();
      const part = totalCount > results.length ? ` (the ${results.length} best of ${totalCount})` : '';
      return specifyTable(kind, results, `${subject}${part}`);
    }),
  };
}

/** @param subject name of the sweep, or which results of the table they are */
export function specifyTable(kind: TablePlotKind, results: readonly ResultRow[], subject: string) {
  const title = { title: TABLE_PLOT_TITLES[kind], subject };
  switch (kind) {
    case 'accuracy':
      return accuracyBarsChart(results, { ...title, references: findReferences(results) });
    case 'heat-map':
      return metricsHeatMap(results, title);
    case 'training-time':
      return trainingTimeChart(results, title);
  }
}

/**
 * What rules without a look at the picture reach: the baselines of the evaluations. None where the models were tested on different pictures: the rules reach something else on each.
 */
export function findReferences(results: readonly ResultRow[]): ReferenceLine[] {
  const [first] = results;
  if (first === undefined) return [];
  if (results.some(({ testDigest }) => testDigest !== first.testDigest)) return [];
  return first.evaluation.baselines.flatMap(({ name, accuracy: { value } }) =>
    value === null ? [] : [{ name: `${name} rule`, share: value }],
  );
}

async function loadTable(scope: DatabaseScope, { dataset, kind }: TableFilter): Promise<ResultTable> {
  const filter = { kind: [kind], ...(dataset === null ? {} : { datasetName: [dataset] }) };
  const page = await pageResults(
    scope,
    filter,
    [
      { field: 'accuracyLow', direction: 'desc' },
      { field: 'logLoss', direction: 'asc' },
    ],
    { first: MAX_PAGE_SIZE },
  );
  const totalCount = page.hasNextPage ? await countResults(scope, filter) : page.rows.length;
  return { results: page.rows, totalCount };
}
