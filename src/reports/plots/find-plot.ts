import type { DatabaseScope } from '../../db/client.js';
import { findDataset } from '../../datasets/datasets.js';
import { results, trainingRuns } from '../../db/schema.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { GelqlError } from '../../errors.js';
import {
  countResults,
  findHoldoutsOfRuns,
  findScoresOfResults,
  type ResultRow,
} from '../../registry/results.js';
import { findSweep, listParts } from '../../sweeps/sweeps.js';
import { listEpochs } from '../../runs/training-runs.js';
import type { Thumbnails } from '../thumbnails.js';
import type { Plot, ResultPlotKind, RunPlotKind, TablePlotKind } from './plot.js';
import { resultPlot } from './result-plots.js';
import { runPlot } from './run-plots.js';
import { sweepPlots, tablePlots, type TableFilter } from './table-plots.js';

/** @throws GelqlError NOT_FOUND */
export async function findResultPlot(
  { database, thumbnails }: { database: DatabaseScope; thumbnails: Thumbnails },
  resultId: string,
  kind: ResultPlotKind,
): Promise<Plot> {
  const result = await found(selectByIds(database, results, [resultId]));
  const loadScores = async () => (await findScoresOfResults(database, [result.id]))[0] ?? [];
  return resultPlot(kind, result, { loadScores, thumbnails });
}

/** @throws GelqlError NOT_FOUND */
export async function findRunPlot(scope: DatabaseScope, runId: string, kind: RunPlotKind): Promise<Plot> {
  const run = await found(selectByIds(scope, trainingRuns, [runId]));
  return runPlot(kind, run, () => listEpochs(scope, [run.id]));
}

/** @param reference id or name @throws GelqlError NOT_FOUND */
export async function findSweepPlot(
  scope: DatabaseScope,
  reference: string,
  kind: TablePlotKind,
): Promise<Plot> {
  const sweep = await findSweep(scope, reference);
  if (sweep === null) throw new GelqlError('NOT_FOUND', `There is no sweep "${reference}".`);
  return ofKind(
    sweepPlots(sweep, () => loadSweepResults(scope, sweep.id)),
    kind,
  );
}

/** Results on held-out pictures of a sweep's models, by number of the part. */
export async function loadSweepResults(scope: DatabaseScope, sweepId: string): Promise<ResultRow[]> {
  const parts = await listParts(scope, [sweepId]);
  const results = await findHoldoutsOfRuns(
    scope,
    parts.flatMap(({ runId }) => runId ?? []),
  );
  return results.flatMap((result) => result ?? []);
}

/** @throws GelqlError NOT_FOUND where the filter names a data set that nobody knows */
export async function findTablePlots(scope: DatabaseScope, filter: TableFilter): Promise<Plot[]> {
  if (filter.dataset !== null) await requireDataset(scope, filter.dataset);
  return tablePlots(scope, filter);
}

/** @throws GelqlError NOT_FOUND */
export async function findTablePlot(
  scope: DatabaseScope,
  filter: TableFilter,
  kind: TablePlotKind,
): Promise<Plot> {
  return ofKind(await findTablePlots(scope, filter), kind);
}

/** Imported models may have been tested on data sets that are not here; one that is here may have no models yet. */
async function requireDataset(scope: DatabaseScope, name: string): Promise<void> {
  if ((await findDataset(scope, name)) !== null) return;
  if ((await countResults(scope, { datasetName: [name] })) > 0) return;
  throw new GelqlError('NOT_FOUND', `There is no data set "${name}", and no model was tested on one.`);
}

function ofKind(plots: readonly Plot[], kind: TablePlotKind): Plot {
  const plot = plots.find((candidate) => candidate.kind === kind);
  if (plot === undefined) throw new GelqlError('NOT_FOUND', `There is no plot "${kind}".`);
  return plot;
}

async function found<Row>(rows: Promise<(Row | GelqlError)[]>): Promise<Row> {
  const [row] = await rows;
  if (row instanceof GelqlError) throw row;
  if (row === undefined) throw new Error('There is one row, or an error, for each id.');
  return row;
}
