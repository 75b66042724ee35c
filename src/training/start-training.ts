import type { DeviceChoice } from '../words/device.js';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database, DatabaseScope } from '../db/client.js';
import {
  findDataset,
  listDatasetPictures,
  type DatasetPictureRow,
  type DatasetRow,
} from '../datasets/datasets.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Architecture, BackboneRecord } from '../words/architecture.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { DEFAULT_BACKBONE_IDS } from '../networks/weights/catalog.js';
import { findModel } from '../registry/models.js';
import { checkModelName } from '../registry/register-model.js';
import { settleDevice } from '../runs/choose-run-device.js';
import { codeVersion } from '../runs/code-version.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import { runFingerprint } from '../runs/fingerprint.js';
import { splitDataset } from './plan-training.js';
import { resolveConfiguration, type TrainingRequest } from '../runs/resolve-configuration.js';
import { findReusableRun, lockRequests, type ReuseConditions } from '../runs/reusable-run.js';
import { chooseRunEngines } from '../runs/run-engines.js';
import { settleLength } from '../runs/settle-length.js';
import { needsOf } from '../runs/run-needs.js';
import type { RunQueue } from '../runs/run-queue.js';
import { insertRun, type TrainingRunRow } from '../runs/training-runs.js';
import { listWorkersOf } from '../runs/workers.js';

export interface StartTrainingRequest extends Omit<TrainingRequest, 'device'> {
  /** `AUTO`: see settleDevice; the run's configuration has what it came to. */
  device?: DeviceChoice | undefined;
  /** Name or id of a registered data set. */
  dataset: string;
  /** Name of the run and of its model; made from the configuration and the run's id where absent. */
  name?: string | undefined;
  /** With its default weights, instead of `backboneId`. */
  architecture?: Architecture | undefined;
  /** Trains again what a run has done already. */
  force?: boolean | undefined;
}

export interface StartTrainingServices {
  config: Config;
  database: Database;
  compute: Compute;
  queue: RunQueue;
  logger: Logger;
}

/** A request that nothing stands against. */
export interface PlannedRun {
  datasetId: string;
  configuration: TrainingConfiguration;
  name: string | undefined;
  /** When an existing run answers the request. */
  reuse: ReuseConditions;
}

export interface TrainingPictures {
  dataset: DatasetRow;
  images: DatasetPictureRow[];
}

export interface StartedRun {
  run: TrainingRunRow;
  /** It was there before: queued, running or done for the same pictures, configuration, code and engine. */
  isReused: boolean;
}

/**
 * Checks what can be checked before any work, then queues the run, or returns the one that does the same. A request for a
 * name is answered by a run of that name only.
 * @throws GelqlError BAD_REQUEST, NOT_FOUND, DEVICE_UNAVAILABLE, WEIGHTS_MISSING, CONFLICT, DATASET_TOO_SMALL
 */
export async function startTraining(
  services: StartTrainingServices,
  { force = false, ...request }: StartTrainingRequest,
): Promise<StartedRun> {
  const { database, logger } = services;
  const planned = await checkTraining(services, { force, ...request });
  const started = await database.transaction((scope) => queueTraining(scope, services, planned, { force }));
  const needs = needsOf(planned.configuration);
  if (!started.isReused && (await listWorkersOf(database, needs)).length === 0) {
    logger.warn(
      { runId: started.run.id, ...needs },
      'run queued, but no worker takes such runs now: gelql worker',
    );
  }
  return started;
}

/** @throws GelqlError as startTraining does; nothing is stored */
export async function checkTraining(
  services: Pick<StartTrainingServices, 'config' | 'database' | 'compute'>,
  { dataset: reference, name, architecture, force = false, device, ...fields }: StartTrainingRequest,
): Promise<PlannedRun> {
  const defaultWeights = architecture === undefined ? undefined : DEFAULT_BACKBONE_IDS[architecture];
  const resolved = resolveConfiguration({ ...fields, backboneId: fields.backboneId ?? defaultWeights });
  const configuration = await settleDevice(services, { ...resolved, device: device ?? resolved.device });
  const pictures = await loadTrainingPictures(services.database, reference);
  const backbone = await findBackbone(configuration.backboneId, services.config);
  checkArchitecture(backbone, architecture);
  const planned = await checkConfiguration(services, pictures, configuration, fields);
  if (name === undefined) return planned;
  const named = { ...planned, name, reuse: { ...planned.reuse, name } };
  await checkName(services.database, name, force ? null : named.reuse);
  return named;
}

/** A data set with its pictures, as checkConfiguration takes it. @throws GelqlError NOT_FOUND */
export async function loadTrainingPictures(database: Database, reference: string): Promise<TrainingPictures> {
  const dataset = await findDataset(database, reference);
  if (dataset !== null) return { dataset, images: await listDatasetPictures(database, dataset.id) };
  throw new GelqlError(
    'NOT_FOUND',
    `There is no data set "${reference}". Import one: gelql dataset import DIR.`,
  );
}

/**
 * @param request what the configuration was resolved from, where its length may follow from the pictures
 * @throws GelqlError NOT_FOUND, WEIGHTS_MISSING, DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE, DATASET_TOO_SMALL
 */
export async function checkConfiguration(
  { config, database, compute }: Pick<StartTrainingServices, 'config' | 'database' | 'compute'>,
  { dataset, images }: TrainingPictures,
  asked: TrainingConfiguration,
  request: Pick<TrainingRequest, 'defaults' | 'epochs' | 'patience'> = {},
): Promise<PlannedRun> {
  const backbone = await findBackbone(asked.backboneId, config);
  // First what no other pictures would mend.
  const engines = await chooseRunEngines({ database, compute }, asked, backbone);
  const { train, validation } = splitDataset(images, asked, dataset.classes);
  const counts = { trainCount: train.length, validationCount: validation.length };
  const configuration = settleLength(request, asked, counts);
  const version = await codeVersion();
  const origin = { datasetDigest: dataset.digest, configuration, backbone, codeVersion: version };
  const reuse = { fingerprint: runFingerprint(origin), name: undefined, codeVersion: version, ...engines };
  return { datasetId: dataset.id, configuration, name: undefined, reuse };
}

/** Row and job in the caller's transaction, or the run that does the same; of equal requests at once, one adds it. */
export async function queueTraining(
  scope: DatabaseScope,
  { queue }: Pick<StartTrainingServices, 'queue'>,
  { datasetId, configuration, name, reuse }: PlannedRun,
  { force }: { force: boolean },
): Promise<StartedRun> {
  await lockRequests(scope);
  const existing = force ? null : await findReusableRun(scope, reuse);
  if (existing !== null) return { run: existing, isReused: true };
  const run = await insertRun(scope, { datasetId, configuration, name, fingerprint: reuse.fingerprint });
  await queue.enqueue(scope, run);
  return { run, isReused: false };
}

function checkArchitecture(backbone: BackboneRecord, architecture: Architecture | undefined): void {
  if (architecture === undefined || backbone.architecture === architecture) return;
  throw new GelqlError(
    'BAD_REQUEST',
    `${backbone.id} are weights for ${backbone.architecture}, not for ${architecture}.`,
  );
}

/** @param reuse null: no existing run answers */
async function checkName(database: Database, name: string, reuse: ReuseConditions | null): Promise<void> {
  checkModelName(name);
  if ((await findModel(database, name)) === null) return;
  if (reuse !== null && (await findReusableRun(database, reuse)) !== null) return;
  throw new GelqlError('CONFLICT', `There is a model named "${name}" already.`);
}
