import { countClasses, type DatasetRow } from '../../datasets/datasets.js';
import type { DatabaseScope } from '../../db/client.js';
import { datasets, sweeps } from '../../db/schema.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { findModelsOfRuns } from '../../registry/models.js';
import { findResultsOfModels, findScoresOfResults, type ResultRow } from '../../registry/results.js';
import { findRun, listEpochs } from '../../training/training-runs.js';
import type { ReportedPart, ScoredResult, SweepReport } from './sweep-report.js';

/**
 * Reads a sweep as it stands: parts that still wait or run are there without a model.
 * @throws GelqlError NOT_FOUND
 */
export async function loadSweepReport(scope: DatabaseScope, sweepId: string): Promise<SweepReport> {
  const [sweep] = await selectByIds(scope, sweeps, [sweepId]);
  if (sweep === undefined || sweep instanceof Error) throw sweep ?? new Error('unreachable');
  const [dataset] = await selectByIds(scope, datasets, [sweep.datasetId]);
  const [classes = []] = await countClasses(scope, [sweep.datasetId]);
  return { sweep, dataset: dataset as DatasetRow, classes, parts: await loadParts(scope, sweepId) };
}

/** Results on held-out pictures of a sweep's models, by number of the part. */
export async function loadSweepResults(scope: DatabaseScope, sweepId: string): Promise<ResultRow[]> {
  const runIds = (await listParts(scope, sweepId)).flatMap(({ runId }) => runId ?? []);
  const models = await findModelsOfRuns(scope, runIds);
  const results = await findResultsOfModels(
    scope,
    models.flatMap((model) => model?.id ?? []),
  );
  return results.flatMap((own) => own.find(({ kind }) => kind === 'HOLDOUT') ?? []);
}

function listParts(scope: DatabaseScope, sweepId: string) {
  return scope.drizzle.query.sweepParts.findMany({
    where: (part, { eq }) => eq(part.sweepId, sweepId),
    orderBy: (part, { asc }) => asc(part.number),
  });
}

async function loadParts(scope: DatabaseScope, sweepId: string): Promise<ReportedPart[]> {
  const parts = await listParts(scope, sweepId);
  const runIds = parts.flatMap(({ runId }) => runId ?? []);
  const runs = await Promise.all(runIds.map((id) => findRun(scope, id)));
  const epochs = await listEpochs(scope, runIds);
  const models = await findModelsOfRuns(scope, runIds);
  const results = await findResultsOfModels(
    scope,
    models.flatMap((model) => model?.id ?? []),
  );
  const scored = await addScores(scope, results.flat());
  return parts.map((part): ReportedPart => {
    const place = part.runId === null ? -1 : runIds.indexOf(part.runId);
    const model = models[place] ?? null;
    const own = scored.filter(({ result }) => result.modelId === model?.id);
    return {
      part,
      run: runs[place] ?? null,
      epochs: epochs.filter(({ runId }) => runId === part.runId),
      model,
      holdout: own.find(({ result }) => result.kind === 'HOLDOUT') ?? null,
      crossValidation: own.find(({ result }) => result.kind === 'CROSS_VALIDATION') ?? null,
    };
  });
}

async function addScores(scope: DatabaseScope, results: readonly ResultRow[]): Promise<ScoredResult[]> {
  const scores = await findScoresOfResults(
    scope,
    results.map(({ id }) => id),
  );
  return results.map((result, index) => ({ result, scores: scores[index] ?? [] }));
}
