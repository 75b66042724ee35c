import { RASTER_RECIPES, type RasterRecipe } from '../words/picture.js';
import type { Challenger } from '../serving/ready-challenger.js';
import type { Compute } from '../compute/protocol.js';
import { deviceOf } from '../compute/engines/table.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import { timeStage, type Metrics } from '../metrics.js';
import type { Admission, Permit } from '../serving/admission.js';
import type { AnswerStore } from '../receipts/answer-store.js';
import type { ClassificationRow, NewClassification } from '../receipts/classifications.js';
import { describeScores } from './describe-scores.js';
import { keepBytes } from './kept-pictures.js';
import { explainScores } from './explain-scores.js';
import type { FeatureService } from '../serving/feature-service.js';
import { findRepeated, isKeyTaken, keyedRequest, type KeyedRequest } from './repeated-request.js';
import { checkRequestNote, type RequestNote } from './request-note.js';
import { judgeScores, type Judgement } from './judge-scores.js';
import type { ResolvedModels } from './resolve-models.js';
import { openPasses, type PictureFile, type PicturePasses, type Scores } from '../serving/picture-passes.js';
import type { ServedModel } from '../serving/served-model.js';
import type { ServedModels } from '../serving/served-models.js';
import type { Shadow } from './shadow.js';

export interface ClassificationServices {
  config: Config;
  database: Database;
  compute: Compute;
  servedModels: ServedModels;
  features: FeatureService;
  answers: AnswerStore;
  metrics: Metrics;
  shadow: Shadow;
  logger: Logger;
  admission: Admission;
}

/** A picture in memory, and what is asked about it. */
export interface PictureQuestion extends PictureFile, ResolvedModels {
  explain: boolean;
  note: RequestNote;
}

export interface Classification {
  row: ClassificationRow;
  /** What the other models of the same request say; empty for one that is read later. */
  others: readonly Classification[];
}

/**
 * From the bytes of a picture to stored answers, one for each model, in their order. Takes the bytes away from the caller.
 * A request with an idempotency key that was answered before gets the same answers again.
 * @throws GelqlError of decoding or of the engine; IDEMPOTENCY_CONFLICT; BAD_REQUEST of the note; the signal's reason of
 * the permit. Nothing is stored then.
 */
export async function answerPicture(
  services: ClassificationServices,
  permit: Permit,
  request: PictureQuestion,
): Promise<Classification[]> {
  const { models, challenger, explain, note } = request;
  checkRequestNote(note);
  const keyed = await keyedRequest(request, note);
  const earlier = keyed && (await findRepeated(services.database, keyed));
  if (earlier !== null) return earlier.map((row) => ({ row, others: [] }));
  const kept = keepBytes(services, permit, request);
  const recipes = recipesOf(models, challenger);
  const passes = openPasses(services, kept.permit, request, recipes, { lastMaps: explain });
  const scores = await Promise.all(models.map((model) => passes.scoreWith(model)));
  const explanations = explain ? await Promise.all(scores.map((score) => explainScores(score))) : [];
  const judgements = await Promise.all(scores.map((score) => judgeScores(services, score)));
  const answers = scores.map((score, position) =>
    describeAnswer(request, keyed, score, {
      ...judgements[position]!,
      explanation: explanations[position] ?? null,
      requestPosition: position,
    }),
  );
  await kept.store();
  const store = () => storeOnce(services, answers, keyed);
  const rows = await timeStage(services.metrics, 'store', store);
  observeScores(services.metrics, scores);
  scoreInShadow(services, request, rows, passes);
  return rows.map((row) => ({ row, others: [] }));
}

/** Two requests with one key that arrive together both get what the first one stored. */
async function storeOnce(
  { answers: store, database }: ClassificationServices,
  answers: readonly NewClassification[],
  keyed: KeyedRequest | null,
): Promise<ClassificationRow[]> {
  try {
    return await store.store(answers);
  } catch (error) {
    const stored = keyed !== null && isKeyTaken(error) ? await findRepeated(database, keyed) : null;
    if (stored === null) throw error;
    return stored;
  }
}

/** A challenger that is still being loaded may take any recipe: the picture's bytes are gone when it is there. */
function recipesOf(models: readonly ServedModel[], challenger: Challenger | null): ReadonlySet<RasterRecipe> {
  const own = models.map(({ row }) => row.recipe);
  if (challenger === null) return new Set(own);
  return new Set(challenger.model === null ? RASTER_RECIPES : [...own, challenger.model.row.recipe]);
}

function scoreInShadow(
  { shadow }: ClassificationServices,
  { models: [champion], challenger }: PictureQuestion,
  [row]: readonly ClassificationRow[],
  passes: PicturePasses,
): void {
  if (challenger === null || champion === undefined || row === undefined) return;
  shadow.score({ row, champion, challenger, passes });
}

/** A picture is decoded once for each recipe and computed once for each backbone, however many models answer. */
function observeScores(metrics: Metrics, scores: readonly Scores[]): void {
  for (const { decodeMs } of new Set(scores.map(({ picture }) => picture))) {
    metrics.observeStage('decode', decodeMs);
  }
  for (const { queueMs, inferMs } of new Set(scores.map(({ batch }) => batch))) {
    metrics.observeQueueWait(queueMs);
    metrics.observeStage('infer', inferMs);
  }
}

function describeAnswer(
  { filename, note }: PictureQuestion,
  keyed: KeyedRequest | null,
  scored: Scores,
  judged: Judgement & Pick<NewClassification, 'explanation' | 'requestPosition'>,
): NewClassification {
  const { model, picture, batch } = scored;
  const { id: modelId, digest: modelDigest, recipe } = model.row;
  const { actor, requestId, clientReference } = note;
  return {
    actor,
    requestId,
    clientReference,
    idempotencyKey: keyed?.key ?? null,
    requestFingerprint: keyed?.fingerprint ?? null,
    modelId,
    modelDigest,
    recipe,
    filename,
    pictureSha256: picture.facts.sha256,
    facts: picture.facts,
    warnings: picture.warnings,
    ...describeScores(scored),
    ...judged,
    timing: {
      decodeMs: picture.decodeMs,
      queueMs: batch.queueMs,
      inferMs: batch.inferMs,
      batchSize: batch.batchSize,
      engine: model.engine,
      device: deviceOf(model.engine),
    },
  };
}
