import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import { encodeGrey } from '../images/encode-image.js';
import { INPUT_SIDE } from '../words/picture.js';
import type { BackboneRecord } from '../words/architecture.js';
import { sizeOf } from '../networks/weights/file-facts.js';
import { describeModel } from './describe-model.js';
import { hashFolderFile } from '../registry/folder-files.js';
import { RECORD_FILE, writeModelFolder, writeRecord, type StoredModel } from '../registry/model-folder.js';
import {
  BACKBONE_FILE,
  MAX_NETWORK_BYTES,
  type FolderFile,
  type ModelRecord,
} from '../registry/model-record.js';
import { requireModel, type ModelRow } from '../registry/models.js';
import type { NetworkFiles } from './network-files.js';
import { replaceFolder } from './replace-folder.js';
import { exportReadme } from './export-readme.js';

const ATTRIBUTION_FILE = 'ATTRIBUTION.md';

export interface ExportServices {
  config: Config;
  database: Database;
  compute: Compute;
  networkFiles: NetworkFiles;
}

export interface ExportRequest {
  /** Id, name or number. */
  reference: string;
  /** Made where absent; an earlier export of the same model is replaced. */
  directory: string;
  /** What the record calls it instead of its registered name. */
  name?: string | undefined;
  /** Record, head and golden pictures only: for machines that have the backbone. */
  headOnly?: boolean;
}

/**
 * Writes a registered model as a folder that needs nothing else: record, head and backbone as safetensors, the whole
 * classifier as ONNX and for TensorFlow.js, golden pictures with their answers, a README, and the SHA-256 of every file.
 * @returns the record; its `files` say what was written
 * @throws GelqlError NOT_FOUND, CONFLICT, MODEL_CORRUPT, WEIGHTS_*
 */
export async function exportModel(services: ExportServices, request: ExportRequest): Promise<ModelRecord> {
  const { database, config } = services;
  const model = await requireModel(database, request.reference);
  const described = await describeModel(database, config, model, { name: request.name });
  let record = described.record;
  await replaceFolder(request.directory, model.digest, async (directory) => {
    if (request.headOnly === true) {
      await writeModelFolder(directory, described);
      return;
    }
    record = withInputs(described.record);
    await writeModelFolder(directory, { ...described, record });
    await writeInputs(services, directory, { ...described, record });
    await copyWeights(described.backbone, directory);
    await writeNetworks(services, directory, model, described);
    await writeFile(join(directory, 'README.md'), exportReadme(record));
    record = { ...record, files: await listFiles(directory) };
    checkBackbone(record);
    await writeRecord(directory, record);
  });
  return record;
}

/** Each golden picture also as the network sees it, for runtimes that are to be checked without our preprocessing. */
function withInputs(record: ModelRecord): ModelRecord {
  const { golden } = record;
  const answers = golden.answers.map((answer, position) => ({
    ...answer,
    input: `golden/${position + 1}.input.png`,
  }));
  return { ...record, golden: { ...golden, answers } };
}

async function writeInputs(
  { compute, config }: ExportServices,
  directory: string,
  { record, pictures }: StoredModel,
): Promise<void> {
  for (const [position, { input }] of record.golden.answers.entries()) {
    const bytes = pictures[position];
    if (input === undefined || bytes === undefined) continue;
    const { inputs } = await compute.prepareImage(
      { bytes, page: null, recipe: record.recipe, views: 1, maxPixels: config.maxPixels },
      { lane: 'training' },
    );
    const raster = { width: INPUT_SIDE, height: INPUT_SIDE, pixels: inputs };
    await writeFile(join(directory, input), await encodeGrey(raster, { format: 'png' }));
  }
}

/** With the attribution that lies beside shipped weights and must stay with them. */
async function copyWeights({ file }: BackboneRecord, directory: string): Promise<void> {
  await copyFile(file, join(directory, BACKBONE_FILE));
  const attribution = join(dirname(file), ATTRIBUTION_FILE);
  if ((await sizeOf(attribution)) !== null) await copyFile(attribution, join(directory, ATTRIBUTION_FILE));
}

async function writeNetworks(
  { networkFiles }: ExportServices,
  directory: string,
  model: ModelRow,
  { record, headBytes, backbone }: Awaited<ReturnType<typeof describeModel>>,
): Promise<void> {
  await networkFiles.write({
    classifier: {
      backbone,
      head: model.head,
      classes: model.classes,
      temperature: appliedTemperature(model.calibration),
    },
    headBytes,
    directory,
    metadata: {
      name: record.name,
      digest: record.digest,
      classes: JSON.stringify(record.classes),
      preprocessing: record.recipe,
    },
  });
}

/** Every file below the folder but the record, by path. */
async function listFiles(directory: string): Promise<FolderFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => path !== RECORD_FILE)
    .sort();
  const files: FolderFile[] = [];
  for (const path of paths) {
    files.push({ path, ...(await hashFolderFile(directory, path, MAX_NETWORK_BYTES)) });
  }
  return files;
}

/** The weights were verified when they were read; this is about the copy. */
function checkBackbone({ files = [], backbone }: ModelRecord): void {
  const copy = files.find(({ path }) => path === BACKBONE_FILE);
  if (copy?.sha256 === backbone.sha256) return;
  throw new GelqlError(
    'WEIGHTS_DIGEST_MISMATCH',
    `The weights of ${backbone.id} changed while they were copied.`,
  );
}
