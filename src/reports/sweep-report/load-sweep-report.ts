import { countClasses } from '../../datasets/datasets.js';
import type { DatabaseScope } from '../../db/client.js';
import { datasets, workers } from '../../db/schema.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { GelqlError } from '../../errors.js';
import { findModelsOfRuns } from '../../registry/models.js';
import { findResultsOfModels, findScoresOfResults, type ResultRow } from '../../registry/results.js';
import { codeVersion } from '../../runs/code-version.js';
import { findSweep, listPartRuns, listParts } from '../../sweeps/sweeps.js';
import { listEpochs } from '../../runs/training-runs.js';
import type { Thumbnails } from '../thumbnails.js';
import { SHOWN_PICTURES } from './gallery-section.js';
import { findHardPictures, type AnsweredTest } from './hard-pictures.js';
import type { ReportedPart, ScoredResult, SweepReport } from './sweep-report.js';

/** Answers to test pictures that a report reads, those of the best results first: about 100 MB. */
const MAX_ANSWERS = 200_000;

/**
 * Reads a sweep as it stands: parts that still wait or run are there without a model.
 * @param reference id or name
 * @throws GelqlError NOT_FOUND
 */
export async function loadSweepReport(
  { database, thumbnails }: { database: DatabaseScope; thumbnails: Thumbnails },
  reference: string,
): Promise<SweepReport> {
  const sweep = await findSweep(database, reference);
  if (sweep === null) throw new GelqlError('NOT_FOUND', `There is no sweep "${reference}".`);
  const [dataset] = await selectByIds(database, datasets, [sweep.datasetId]);
  if (dataset === undefined || dataset instanceof GelqlError) throw new Error('A sweep has a data set.');
  const [classes = []] = await countClasses(database, [dataset.id]);
  const parts = await loadParts(database, sweep.id);
  const pictures = findHardPictures(parts.flatMap(({ holdout }) => testOf(holdout)));
  const shown = pictures.slice(0, SHOWN_PICTURES).map(({ sha256 }) => sha256);
  return {
    sweep,
    dataset,
    classes,
    parts,
    pictures,
    thumbnails: await thumbnails.load(shown),
    runCodeVersions: await listCodeVersions(database, parts),
    codeVersion: await codeVersion(),
  };
}

async function loadParts(scope: DatabaseScope, sweepId: string): Promise<ReportedPart[]> {
  const parts = await listParts(scope, [sweepId]);
  const runs = (await listPartRuns(scope, sweepId)).map(({ run }) => run);
  const runIds = runs.map(({ id }) => id);
  const epochs = await listEpochs(scope, runIds);
  const models = (await findModelsOfRuns(scope, runIds)).flatMap((model) => model ?? []);
  const results = await findResultsOfModels(
    scope,
    models.map(({ id }) => id),
  );
  const scored = await addScores(scope, results.flat());
  return parts.map((part): ReportedPart => {
    const model = models.find(({ runId }) => runId !== null && runId === part.runId) ?? null;
    const own = scored.filter(({ result }) => result.modelId === model?.id);
    return {
      part,
      run: runs.find(({ id }) => id === part.runId) ?? null,
      epochs: epochs.filter(({ runId }) => runId === part.runId),
      model,
      holdout: own.find(({ result }) => result.kind === 'HOLDOUT') ?? null,
      crossValidation: own.find(({ result }) => result.kind === 'CROSS_VALIDATION') ?? null,
    };
  });
}

/** Results keep their order; only held-out pictures are shown one by one. */
async function addScores(scope: DatabaseScope, results: readonly ResultRow[]): Promise<ScoredResult[]> {
  let room = MAX_ANSWERS;
  const wanted = results
    .filter(({ kind }) => kind === 'HOLDOUT')
    .toSorted((left, right) => right.accuracyLow - left.accuracyLow)
    .filter(({ testCount }) => (room -= testCount) >= 0)
    .map(({ id }) => id);
  const scores = await findScoresOfResults(scope, wanted);
  const scoresOf = new Map(wanted.map((id, index) => [id, scores[index] ?? []]));
  return results.map((result) => ({ result, scores: scoresOf.get(result.id) ?? [] }));
}

function testOf(scored: ScoredResult | null): AnsweredTest[] {
  return scored === null ? [] : [{ classes: scored.result.evaluation.classes, scores: scored.scores }];
}

/** Code versions of the workers that trained the models. */
async function listCodeVersions(scope: DatabaseScope, parts: readonly ReportedPart[]): Promise<string[]> {
  const ids = parts.flatMap(({ run, model }) => (model === null ? [] : (run?.workerId ?? [])));
  const rows = await selectByIds(scope, workers, [...new Set(ids)]);
  return [...new Set(rows.flatMap((row) => (row instanceof GelqlError ? [] : [row.codeVersion])))];
}
