import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { sniffFormat } from '../images/reading/formats.js';
import type { PictureFormat } from '../words/picture.js';
import type { BackboneRecord } from '../words/architecture.js';
import { findGoldenAnswers } from '../registry/golden-answers.js';
import { findModelBackbone } from '../registry/model-backbone.js';
import type { StoredModel } from '../registry/model-folder.js';
import { RECORD_FORMAT, type ModelRecord } from '../registry/model-record.js';
import type { ModelRow } from '../registry/models.js';
import { loadTrainingFeatures } from '../registry/training-features.js';
import { findResultsOfModels, findScoresOfResults } from '../registry/results.js';

const FILE_ENDINGS: Record<PictureFormat, string> = {
  jpeg: 'jpg',
  png: 'png',
  tiff: 'tif',
  webp: 'webp',
  gif: 'gif',
  bmp: 'bmp',
};
const TUNED_FILE = 'tuned.safetensors';
const FEATURES_FILE = 'training-features.safetensors';

/**
 * A registered model as a folder holds it: record with its latest evaluation, head, tuned weights, golden pictures.
 * @param options.name what the record calls it instead of its registered name
 * @throws GelqlError NOT_FOUND, MODEL_CORRUPT, WEIGHTS_MISSING
 */
export async function describeModel(
  scope: DatabaseScope,
  config: Config,
  model: ModelRow,
  options: { name?: string | undefined } = {},
): Promise<StoredModel & { backbone: BackboneRecord }> {
  const backbone = await findModelBackbone(scope, config, model);
  const { golden, pictures } = await describeGolden(scope, model);
  const features = await loadTrainingFeatures(scope, model.id);
  const record: ModelRecord = {
    format: RECORD_FORMAT,
    name: options.name ?? model.name,
    digest: model.digest,
    backbone: describeBackbone(backbone),
    ...(backbone.tuned && { tuned: { file: TUNED_FILE, sha256: backbone.tuned.sha256 } }),
    head: { kind: model.head, file: 'head.safetensors', sha256: model.headSha256 },
    classes: model.classes,
    recipe: model.recipe,
    ...(model.calibration === null ? {} : { calibration: model.calibration }),
    ...(await describeEvaluation(scope, model)),
    golden,
    ...(features && { trainingFeatures: { file: FEATURES_FILE, sha256: features.sha256 } }),
  };
  const headBytes = await loadArtifact(scope, model.headSha256);
  const tunedBytes = model.tunedSha256 === null ? undefined : await loadArtifact(scope, model.tunedSha256);
  return { record, headBytes, tunedBytes, pictures, trainingFeatures: features?.bytes, backbone };
}

function describeBackbone(backbone: BackboneRecord): ModelRecord['backbone'] {
  const { id, sha256, architecture, featurePoint, featureSize, mean, standardDeviation } = backbone;
  return {
    id,
    sha256,
    architecture,
    featurePoint,
    featureSize,
    mean: [...mean],
    standardDeviation: [...standardDeviation],
  };
}

async function describeEvaluation(
  scope: DatabaseScope,
  model: ModelRow,
): Promise<Pick<ModelRecord, 'training' | 'result'>> {
  const [results = []] = await findResultsOfModels(scope, [model.id]);
  const [result] = results;
  if (result === undefined) throw new GelqlError('NOT_FOUND', `Model ${model.name} has no result.`);
  const [scores = []] = await findScoresOfResults(scope, [result.id]);
  return {
    training: {
      optimizer: model.optimizer,
      device: model.device,
      engine: model.engine,
      featureEngine: model.featureEngine,
      configuration: model.configuration,
      dataset: { name: result.datasetName, digest: result.datasetDigest },
    },
    result: {
      trainingTimeMins: result.trainingTimeMins,
      inferenceTimeSecs: result.inferenceTimeSecs,
      testDescription: result.testDescription,
      kind: result.kind,
      evaluation: result.evaluation,
      scores: scores.map(({ name, sha256, label, predicted, probabilities }) => ({
        name,
        sha256,
        label,
        predicted,
        probabilities,
      })),
    },
  };
}

async function describeGolden(
  scope: DatabaseScope,
  model: ModelRow,
): Promise<{ golden: ModelRecord['golden']; pictures: Uint8Array[] }> {
  const rows = await findGoldenAnswers(scope, model.id);
  const pictures: Uint8Array[] = [];
  const answers = [];
  for (const [position, { name, sha256, logits }] of rows.entries()) {
    const bytes = await loadArtifact(scope, sha256);
    const file = `golden/${position + 1}.${FILE_ENDINGS[sniffFormat(bytes)]}`;
    pictures.push(bytes);
    answers.push({ name, file, sha256, logits });
  }
  const [first] = rows;
  if (first === undefined) throw new GelqlError('NOT_FOUND', `Model ${model.name} has no golden pictures.`);
  return { golden: { engine: first.engine, answers }, pictures };
}
