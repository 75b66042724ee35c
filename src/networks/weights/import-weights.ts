import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import type { Architecture, BackboneRecord, FeaturePoint, TensorMap } from '../../words/architecture.js';
import { featureSizeOf } from '../build-graph.js';
import {
  CATALOG,
  PUBLISHED_NORMALISATIONS,
  type BackboneDescription,
  type CatalogEntry,
  type PinnedFile,
} from './catalog.js';
import { findBackbone } from './backbones.js';
import { hashFile, sizeOf } from './file-facts.js';
import { stripNamePrefix } from './name-prefix.js';
import { readSafetensors } from './safetensors.js';
import { selectBackboneTensors, type ShapesOf } from './select-tensors.js';
import { replaceFile, storeWeights } from './store-weights.js';
import { isBackboneId, readManifest, weightsDirOf } from './stored-manifest.js';
import { readTorchCheckpoint } from './torch/torch-checkpoint.js';

export interface ImportOptions {
  /** The catalogue's id that the file has to be, by its SHA-256. */
  as?: string | undefined;
  /** For a file of one's own: what to call it and which network it holds. */
  id?: string | undefined;
  architecture?: Architecture | undefined;
  /** Default `reference`. */
  featurePoint?: FeaturePoint | undefined;
  /** Per channel, on the 0..1 scale; default that of the architecture's published weights. */
  mean?: readonly [number, number, number] | undefined;
  standardDeviation?: readonly [number, number, number] | undefined;
  catalog?: readonly CatalogEntry[];
  shapesOf?: ShapesOf;
}

type Places = Pick<Config, 'modelsDir' | 'cacheDir'>;

const MAX_FILE_BYTES = 700 * 1024 * 1024;

/**
 * Takes a weight file into the cache: a file of the catalogue is recognised by its SHA-256; any other needs `id` and
 * `architecture`. The file itself is only read.
 * @throws GelqlError NOT_FOUND, BAD_REQUEST, CONFLICT for a name in use, WEIGHTS_DIGEST_MISMATCH where it is not the
 * file of `as`, WEIGHTS_INVALID, WEIGHTS_UNSAFE
 */
export async function importWeights(
  file: string,
  places: Places,
  options: ImportOptions = {},
): Promise<BackboneRecord> {
  const source = await pinFile(file);
  const catalog = options.catalog ?? CATALOG;
  const entry = findEntry(file, source, catalog, options);
  if (entry === null) {
    const description = describeOwn(source, catalog, options);
    await refuseUsedId(description.id, source, places);
    return convertCheckpoint(file, description, source, places, options.shapesOf);
  }
  if (entry.origin === 'shipped') return copyShipped(file, entry, places, catalog);
  return convertCheckpoint(file, entry, source, places, options.shapesOf);
}

/** Reads a checkpoint or safetensors file, checks it against the network and stores what the network needs. */
export async function convertCheckpoint(
  file: string,
  description: BackboneDescription,
  source: PinnedFile,
  places: Pick<Config, 'cacheDir'>,
  shapesOf?: ShapesOf,
): Promise<BackboneRecord> {
  const { tensors, prefix } = stripNamePrefix(readWeightFile(await readFile(file)));
  const selected = selectBackboneTensors(tensors, description, shapesOf);
  return storeWeights(description, selected, { ...source, namePrefix: prefix }, places);
}

function readWeightFile(bytes: Uint8Array): TensorMap {
  const isSafetensors = bytes[8] === 0x7b && bytes[6] === 0 && bytes[7] === 0;
  return isSafetensors ? readSafetensors(bytes).tensors : readTorchCheckpoint(bytes);
}

async function pinFile(file: string): Promise<PinnedFile> {
  const sizeBytes = await sizeOf(file);
  if (sizeBytes === null) throw new GelqlError('NOT_FOUND', `There is no file ${file}.`);
  if (sizeBytes === 0 || sizeBytes > MAX_FILE_BYTES) {
    throw new GelqlError('WEIGHTS_INVALID', `${file} has ${sizeBytes} bytes; 1 byte to 700 MB are read.`);
  }
  return { fileName: basename(file), sizeBytes, sha256: await hashFile(file) };
}

function findEntry(
  file: string,
  source: PinnedFile,
  catalog: readonly CatalogEntry[],
  { as, id }: ImportOptions,
): CatalogEntry | null {
  if (as === undefined) {
    const known = catalog.find((entry) => entry.source.sha256 === source.sha256);
    return id === undefined ? (known ?? null) : null;
  }
  const named = catalog.find((entry) => entry.id === as);
  if (named === undefined) {
    const ids = catalog.map((entry) => entry.id).join(', ');
    throw new GelqlError(
      'NOT_FOUND',
      `--as takes one of ${ids}; use --id and --architecture for a file of your own.`,
    );
  }
  if (named.source.sha256 !== source.sha256) {
    throw new GelqlError(
      'WEIGHTS_DIGEST_MISMATCH',
      `${file} is not ${named.source.fileName}: its SHA-256 is ${source.sha256} instead of ${named.source.sha256}.`,
    );
  }
  return named;
}

function describeOwn(
  source: PinnedFile,
  catalog: readonly CatalogEntry[],
  options: ImportOptions,
): BackboneDescription {
  const { id, architecture, featurePoint = 'reference' } = options;
  if (id === undefined || architecture === undefined) {
    throw new GelqlError(
      'BAD_REQUEST',
      `${source.fileName} is no file of the catalogue (SHA-256 ${source.sha256}). For weights of your own give --id NAME and --architecture.`,
    );
  }
  if (!isBackboneId(id)) {
    throw new GelqlError(
      'BAD_REQUEST',
      `${JSON.stringify(id)} is no usable name: a-z, 0-9, dot, dash, underscore.`,
    );
  }
  if (catalog.some((entry) => entry.id === id)) {
    throw new GelqlError('CONFLICT', `${id} is a name of the catalogue: choose another.`);
  }
  const published = PUBLISHED_NORMALISATIONS[architecture];
  return {
    id,
    architecture,
    featurePoint,
    featureSize: featureSizeOf(architecture, featurePoint),
    mean: options.mean ?? published.mean,
    standardDeviation: options.standardDeviation ?? published.standardDeviation,
  };
}

/** A name stands for one file for good: models refer to it. Importing the same file again is allowed and repairs it. */
async function refuseUsedId(id: string, source: PinnedFile, places: Places): Promise<void> {
  const manifest = await readManifest(id, places);
  if (manifest !== null && manifest.source.sha256 !== source.sha256) {
    throw new GelqlError('CONFLICT', `${id} is the name of another imported file: choose another.`);
  }
}

async function copyShipped(
  file: string,
  entry: CatalogEntry,
  places: Places,
  catalog: readonly CatalogEntry[],
): Promise<BackboneRecord> {
  await mkdir(weightsDirOf(places), { recursive: true });
  await replaceFile(join(weightsDirOf(places), entry.source.fileName), (path) => copyFile(file, path));
  return findBackbone(entry.id, places, catalog);
}
