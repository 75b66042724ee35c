import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackboneRecord } from '../words/architecture.js';
import { adoptWeights, discardWeights, findSameBackbone } from '../networks/weights/adopt-weights.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { keepTunedWeights } from '../networks/weights/tuned-weights.js';
import { GelqlError } from '../errors.js';
import { hashFolderFile } from '../registry/folder-files.js';
import { readModelFolder, type StoredModel } from '../registry/model-folder.js';
import { BACKBONE_FILE, MAX_NETWORK_BYTES, type ModelRecord } from '../registry/model-record.js';
import { findModel, type ModelRow } from '../registry/models.js';
import type { NetworkFiles } from '../exports/network-files.js';
import { checkModelName, registerModel } from '../registry/register-model.js';
import { registrationOf } from '../registry/registration-of.js';
import { compareAnswers, type ProbeServices } from './probe-model.js';

export interface ImportServices extends ProbeServices {
  networkFiles: NetworkFiles;
}

export interface ImportRequest {
  /** A folder that exportModel wrote, and that may have been anywhere since. */
  directory: string;
  /** What to register it as instead of its own name. */
  name?: string | undefined;
}

/**
 * Registers a model from a folder, once every digest holds and it answers its golden pictures here as it did there. Weights
 * that this machine lacks are taken from the folder. Importing again what is registered restores its weights only.
 * @throws GelqlError MODEL_INVALID, MODEL_PROBE_FAILED, CONFLICT, WEIGHTS_*, BAD_REQUEST; nothing is registered then
 */
export async function importModel(services: ImportServices, request: ImportRequest): Promise<ModelRow> {
  const { config, database } = services;
  const stored = await readModelFolder(request.directory);
  const { record } = stored;
  const name = request.name ?? record.name;
  checkModelName(name);
  const known = await findModel(database, name);
  if (known !== null && known.digest !== record.digest) {
    throw new GelqlError('CONFLICT', `There is another model named "${name}": choose another name.`);
  }
  await verifyFiles(request.directory, record);
  const present = await findSameBackbone(record.backbone, config);
  const backbone = present ?? (await adoptBackbone(services, request.directory, record));
  try {
    await probeStored(services, name, stored, await withTuned(services, stored, backbone));
    const registration = registrationOf(stored, 'IMPORTED', { name, backboneId: backbone.id });
    return known ?? (await registerModel(database, registration));
  } catch (error) {
    if (present === null) await discardWeights(backbone, config);
    throw error;
  }
}

async function verifyFiles(directory: string, { files = [] }: ModelRecord): Promise<void> {
  for (const { path, sizeBytes, sha256 } of files) {
    const found = await hashFolderFile(directory, path, sizeBytes);
    if (found.sha256 !== sha256) throw invalid(directory, `${path} is not the file that the record names`);
  }
}

async function adoptBackbone(
  { config, networkFiles }: ImportServices,
  directory: string,
  { backbone }: ModelRecord,
): Promise<BackboneRecord> {
  const { sha256, sizeBytes } = await hashFolderFile(directory, BACKBONE_FILE, MAX_NETWORK_BYTES);
  if (sha256 !== backbone.sha256) {
    throw invalid(directory, `${BACKBONE_FILE} is not the file that the record names`);
  }
  return adoptWeights(backbone.id, backbone, sizeBytes, config, async (temporary) => {
    await copyFile(join(directory, BACKBONE_FILE), temporary);
    // The copy is read, hashed again and checked: what is in the folder may change meanwhile.
    await networkFiles.check({ ...backbone, file: temporary });
  });
}

async function withTuned(
  { config }: ImportServices,
  { record: { tuned }, tunedBytes }: StoredModel,
  backbone: BackboneRecord,
): Promise<BackboneRecord> {
  if (tuned === undefined || tunedBytes === undefined) return backbone;
  return { ...backbone, tuned: await keepTunedWeights(config, tuned.sha256, async () => tunedBytes) };
}

async function probeStored(
  services: ImportServices,
  name: string,
  { record, headBytes, pictures }: StoredModel,
  backbone: BackboneRecord,
): Promise<void> {
  const model = {
    name,
    recipe: record.recipe,
    head: readSafetensors(headBytes).tensors,
    backbone,
    engine: await services.compute.chooseEngine(services.config.servingDevice, backbone),
  };
  const expected = record.golden.answers.map((answer, position) => ({
    name: answer.name,
    logits: answer.logits,
    loadBytes: async () => pictures[position] ?? new Uint8Array(),
  }));
  await compareAnswers(services, model, expected);
}

function invalid(directory: string, reason: string): GelqlError {
  return new GelqlError('MODEL_INVALID', `${directory}: ${reason}.`);
}
