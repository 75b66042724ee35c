import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { findDataset, listDatasetImages } from '../datasets/datasets.js';
import { GelqlError } from '../errors.js';
import type { Architecture } from '../networks/architecture.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { DEFAULT_BACKBONE_IDS } from '../networks/weights/catalog.js';
import { findModel } from '../registry/models.js';
import { checkModelName } from '../registry/register-model.js';
import { splitDataset } from './plan-training.js';
import { resolveConfiguration, type TrainingRequest } from './resolve-configuration.js';
import type { RunQueue } from './run-queue.js';
import { insertRun, type TrainingRunRow } from './training-runs.js';

export interface StartTrainingRequest extends TrainingRequest {
  /** Name or id of a registered data set. */
  dataset: string;
  /** Name of the run and of its model; made from the configuration and the run's id where absent. */
  name?: string | undefined;
  /** With its default weights, instead of `backboneId`. */
  architecture?: Architecture | undefined;
}

/**
 * Checks what can be checked before any work, then queues the run: row and job in one transaction.
 * @throws GelqlError BAD_REQUEST, NOT_FOUND, DEVICE_UNAVAILABLE, WEIGHTS_MISSING, CONFLICT, DATASET_TOO_SMALL
 */
export async function startTraining(
  services: { config: Config; database: Database; compute: Compute; queue: RunQueue },
  request: StartTrainingRequest,
): Promise<TrainingRunRow> {
  const { dataset: reference, name, architecture, ...fields } = request;
  const defaultWeights = architecture === undefined ? undefined : DEFAULT_BACKBONE_IDS[architecture];
  const configuration = resolveConfiguration({ ...fields, backboneId: fields.backboneId ?? defaultWeights });
  const { config, database, compute, queue } = services;
  const dataset = await findDataset(database, reference);
  if (dataset === null) {
    throw new GelqlError(
      'NOT_FOUND',
      `There is no data set "${reference}". Import one: gelql dataset import DIR.`,
    );
  }
  await compute.chooseTrainingEngine(configuration.device);
  const backbone = await findBackbone(configuration.backboneId, config);
  if (architecture !== undefined && backbone.architecture !== architecture) {
    throw new GelqlError(
      'BAD_REQUEST',
      `${backbone.id} are weights for ${backbone.architecture}, not for ${architecture}.`,
    );
  }
  if (name !== undefined) checkModelName(name);
  if (name !== undefined && (await findModel(database, name)) !== null) {
    throw new GelqlError('CONFLICT', `There is a model named "${name}" already.`);
  }
  splitDataset(await listDatasetImages(database, dataset.id), configuration);
  return database.transaction(async (scope) => {
    const run = await insertRun(scope, {
      datasetId: dataset.id,
      configuration,
      ...(name === undefined ? {} : { name }),
    });
    await queue.enqueue(scope, run.id, configuration.device);
    return run;
  });
}
