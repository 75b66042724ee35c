import type { BackboneRecord } from '../words/architecture.js';
import type { DatabaseScope } from '../db/client.js';
import type { Evaluation } from '../words/evaluation.js';
import { GelqlError } from '../errors.js';
import { isReadableName } from '../words/name.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import { storeArtifact } from '../db/artifacts.js';
import { isId } from '../db/new-id.js';
import { violatedUniqueIndex } from '../db/sql-error.js';
import { insertGoldenAnswers, type NewGoldenAnswers } from './golden-answers.js';
import { modelDigest } from './model-digest.js';
import { insertModel, type ModelRow } from './models.js';
import { insertResult, type ResultRow, type TestScoreRow } from './results.js';
import { testDigest } from './test-digest.js';
import { insertTrainingFeatures } from './training-features.js';

export interface NewModel extends Omit<
  ModelRow,
  | 'id'
  | 'number'
  | 'createdAt'
  | 'headSha256'
  | 'tunedSha256'
  | 'digest'
  | 'architecture'
  | 'backboneId'
  | 'backboneSha256'
  | 'featureSize'
> {
  backbone: Omit<BackboneRecord, 'file' | 'tuned'>;
}

/** An evaluation with the scores that it came from, one per picture. */
export interface NewResult extends Pick<
  ResultRow,
  'trainingTimeMins' | 'inferenceTimeSecs' | 'datasetName' | 'datasetDigest' | 'testDescription' | 'kind'
> {
  evaluation: Evaluation;
  scores: readonly Omit<TestScoreRow, 'resultId' | 'position'>[];
}

export interface NewRegistration {
  model: NewModel;
  headBytes: Uint8Array;
  /** As `encodeTunedWeights` gives them, where training has moved tensors of the backbone. */
  tunedBytes?: Uint8Array | undefined;
  /** The last one becomes the newest. */
  results: readonly NewResult[];
  /** Absent where nothing is known of the model's answers but the scores. */
  golden?: NewGoldenAnswers | undefined;
  /** As `encodeTrainingFeatures` gives them; absent where nothing is known of the training pictures. */
  trainingFeatures?: Uint8Array | undefined;
}

/** Names become file names and stand where numbers can stand. */
const MODEL_NAME = /^(?!\d+$)(?!\.{1,2}$)[^/\\]+$/;
const MAX_NAME_LENGTH = 100;

/** @throws GelqlError BAD_REQUEST */
export function checkModelName(name: string): void {
  if (MODEL_NAME.test(name) && isReadableName(name, MAX_NAME_LENGTH) && !isId(name)) return;
  throw new GelqlError(
    'BAD_REQUEST',
    `${JSON.stringify(name)} cannot be the name of a model: a name has 1 to 100 characters without slashes and line breaks, is not blank, and is no number or id.`,
  );
}

/**
 * Registers a model with its evaluations in one transaction: head, tuned weights, model, results, scores and golden answers
 * are all there, or none.
 * @throws GelqlError CONFLICT where the name is taken, BAD_REQUEST where it reads as a number or an id
 */
export async function registerModel(
  scope: DatabaseScope,
  { model, headBytes, tunedBytes, results, golden, trainingFeatures }: NewRegistration,
): Promise<ModelRow> {
  const { backbone, ...rest } = model;
  checkModelName(model.name);
  const store = scope.transaction(async (transaction) => {
    const headSha256 = await storeArtifact(transaction, 'head', headBytes);
    const tunedSha256 =
      tunedBytes === undefined ? null : await storeArtifact(transaction, 'tuned-weights', tunedBytes);
    const row = await insertModel(transaction, {
      ...rest,
      architecture: backbone.architecture,
      backboneId: backbone.id,
      backboneSha256: backbone.sha256,
      featureSize: backbone.featureSize,
      headSha256,
      tunedSha256,
      digest: modelDigest({
        backboneSha256: backbone.sha256,
        tunedSha256,
        featurePoint: backbone.featurePoint,
        headSha256,
        classes: model.classes,
        recipe: model.recipe,
        mean: backbone.mean,
        standardDeviation: backbone.standardDeviation,
        temperature: appliedTemperature(model.calibration),
      }),
    });
    for (const result of results) await insertResult(transaction, resultRow(row, result), result.scores);
    if (trainingFeatures !== undefined) await insertTrainingFeatures(transaction, row.id, trainingFeatures);
    if (golden !== undefined) await insertGoldenAnswers(transaction, row.id, golden);
    return row;
  });
  return store.catch((error: unknown) => {
    if (violatedUniqueIndex(error) !== 'models_name') throw error;
    throw new GelqlError('CONFLICT', `There is a model named "${model.name}" already.`, { cause: error });
  });
}

function resultRow(
  model: ModelRow,
  { evaluation, scores, ...rest }: NewResult,
): Omit<ResultRow, 'id' | 'createdAt'> {
  const { accuracy } = evaluation;
  return {
    ...rest,
    evaluation,
    testDigest: testDigest(scores),
    modelId: model.id,
    modelNumber: model.number,
    modelName: model.name,
    hardwareType: model.device,
    pretrainedModel: model.architecture,
    classifierHead: model.head,
    optAlg: model.optimizer,
    accuracy: accuracy.value ?? 0,
    accuracyLow: accuracy.low ?? 0,
    accuracyHigh: accuracy.high ?? 1,
    precision: evaluation.precisionWeighted,
    recall: evaluation.recallWeighted,
    f1: evaluation.f1Weighted,
    rocAuc: evaluation.rocAuc,
    rocAucHard: evaluation.rocAucHard,
    logLoss: evaluation.logLoss,
    brier: evaluation.brier,
    // Each picture of a cross-validation has an answer in every repeat.
    testCount: accuracy.n / (evaluation.crossValidation?.repeats.length ?? 1),
    epochs: model.configuration.epochs,
    learningRate: model.configuration.learningRate,
    batchSize: model.configuration.batchSize,
    seed: model.configuration.seed,
    trainable: model.configuration.trainable,
    engine: model.engine,
  };
}
