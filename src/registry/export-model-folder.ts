import type { Config } from '../config.js';
import type { DatabaseScope } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { loadArtifact } from '../db/artifacts.js';
import { writeModelFolder, type ModelRecord } from './model-folder.js';
import { findModel } from './models.js';
import { findResultsOfModels, findScoresOfResults } from './results.js';

/**
 * Writes a registered model with its latest evaluation to a folder that `readModelFolder` verifies.
 * @throws GelqlError NOT_FOUND, MODEL_CORRUPT, WEIGHTS_MISSING
 */
export async function exportModelFolder(
  scope: DatabaseScope,
  config: Config,
  options: { reference: string; directory: string; name?: string | undefined },
): Promise<ModelRecord> {
  const model = await findModel(scope, options.reference);
  if (model === null) throw new GelqlError('NOT_FOUND', `There is no model "${options.reference}".`);
  const [results = []] = await findResultsOfModels(scope, [model.id]);
  const [result] = results;
  if (result === undefined) throw new GelqlError('NOT_FOUND', `Model ${model.name} has no result.`);
  const [scores = []] = await findScoresOfResults(scope, [result.id]);
  const { id, sha256, architecture, featurePoint, featureSize, mean, standardDeviation } = await findBackbone(
    model.backboneId,
    config,
  );
  const record: ModelRecord = {
    format: 'gelql-model/1',
    name: options.name ?? model.name,
    digest: model.digest,
    backbone: {
      id,
      sha256,
      architecture,
      featurePoint,
      featureSize,
      mean: [...mean],
      standardDeviation: [...standardDeviation],
    },
    head: { kind: model.head, file: 'head.safetensors', sha256: model.headSha256 },
    classes: model.classes,
    recipe: model.recipe,
    ...(model.calibration === null ? {} : { calibration: model.calibration }),
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
      scores: scores.map(({ name, sha256: picture, label, predicted, probabilities }) => ({
        name,
        sha256: picture,
        label,
        predicted,
        probabilities,
      })),
    },
  };
  await writeModelFolder(options.directory, {
    record,
    headBytes: await loadArtifact(scope, model.headSha256),
  });
  return record;
}
