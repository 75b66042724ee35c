import { countClasses } from '../../datasets/datasets.js';
import type { DatabaseScope } from '../../db/client.js';
import { datasets, sweeps } from '../../db/schema.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { GelqlError } from '../../errors.js';
import { findModelsOfRuns } from '../../registry/models.js';
import { findResultsOfModels, findScoresOfResults, type ResultRow } from '../../registry/results.js';
import { findRun, listEpochs } from '../../training/training-runs.js';
import { codeVersion } from '../../training/code-version.js';
import type { Thumbnails } from '../thumbnails.js';
import { SHOWN_PICTURES } from './gallery-section.js';
import { findHardPictures, type AnsweredTest } from './hard-pictures.js';
import type { ReportedPart, ScoredResult, SweepReport } from './sweep-report.js';

/**
 * Reads a sweep as it stands: parts that still wait or run are there without a model.
 * @throws GelqlError NOT_FOUND
 */
export async function loadSweepReport(
  { database, thumbnails }: { database: DatabaseScope; thumbnails: Thumbnails },
  sweepId: string,
): Promise<SweepReport> {
  const sweep = await required(selectByIds(database, sweeps, [sweepId]));
  const dataset = await required(selectByIds(database, datasets, [sweep.datasetId]));
  const [classes = []] = await countClasses(database, [sweep.datasetId]);
  const parts = await loadParts(database, sweepId);
  const pictures = findHardPictures(parts.flatMap(({ holdout }) => testOf(holdout)));
  const shown = pictures.slice(0, SHOWN_PICTURES).map(({ sha256 }) => sha256);
  return {
    sweep,
    dataset,
    classes,
    parts,
    pictures,
    thumbnails: await thumbnails.load(shown),
    codeVersion: await codeVersion(),
  };
}

function testOf(scored: ScoredResult | null): AnsweredTest[] {
  return scored === null ? [] : [{ classes: scored.result.evaluation.classes, scores: scored.scores }];
}

async function required<Row>(rows: Promise<(Row | GelqlError)[]>): Promise<Row> {
  const [row] = await rows;
  if (row instanceof GelqlError) throw row;
  if (row === undefined) throw new Error('There is one row, or an error, for each id.');
  return row;
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
