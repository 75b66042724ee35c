import { readFile } from 'node:fs/promises';
import { GelqlError } from '../../errors.js';
import type { BackboneRecord, TensorMap } from '../../words/architecture.js';
import {
  damaged,
  describeBackbone,
  importedIds,
  type BackboneListing,
  type WeightsPlaces,
} from './backbone-listing.js';
import { CATALOG, type CatalogEntry } from './catalog.js';
import { hashBytes, hashFile, isFileNotFound } from './file-facts.js';
import { missingWeights } from './missing-weights.js';
import { readSafetensors } from './safetensors.js';
import { selectBackboneTensors, type ShapesOf } from './select-tensors.js';
import { loadTunedWeights } from './tuned-weights.js';

export type { BackboneListing, BackboneState, WeightsPlaces } from './backbone-listing.js';

/**
 * The record of a backbone whose file is there and of the right size. Its digest is checked when it is loaded.
 * @throws GelqlError NOT_FOUND for an unknown id; WEIGHTS_MISSING naming file, address and commands; WEIGHTS_INVALID
 * for a file of another size
 */
export async function findBackbone(
  id: string,
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[] = CATALOG,
): Promise<BackboneRecord> {
  const listing = await describeBackbone(id, places, catalog);
  if (listing === null) throw await unknownBackbone(id, places, catalog);
  const { state, problem, sha256 } = listing;
  if (state === 'damaged') throw new GelqlError('WEIGHTS_INVALID', `${id}: ${problem ?? 'damaged'}.`);
  if (state === 'missing' || sha256 === null) throw missingWeights(listing, places, catalog);
  const { architecture, featurePoint, featureSize, mean, standardDeviation, file } = listing;
  return { id, architecture, featurePoint, featureSize, mean, standardDeviation, file, sha256 };
}

/** Every known backbone, the catalogue's first; `damaged` is told from sizes here, `verifyBackbones` reads the files. */
export async function listBackbones(
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[] = CATALOG,
): Promise<BackboneListing[]> {
  const ids = [...catalog.map(({ id }) => id), ...(await importedIds(places, catalog))];
  const listings = await Promise.all(ids.map((id) => describeBackbone(id, places, catalog)));
  return listings.filter((listing) => listing !== null);
}

/** `listBackbones` with every present file read and compared with its SHA-256. */
export async function verifyBackbones(
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[] = CATALOG,
): Promise<BackboneListing[]> {
  const verified: BackboneListing[] = [];
  for (const listing of await listBackbones(places, catalog)) {
    const isSound = listing.state !== 'present' || (await hashFile(listing.file)) === listing.sha256;
    verified.push(isSound ? listing : damaged(listing, `the SHA-256 of ${listing.file} differs`));
  }
  return verified;
}

/**
 * Reads a backbone's weights for its feature point: SHA-256, container, names, shapes and finiteness are checked, and
 * what lies behind the feature point is left out. Tuned tensors take the place of the file's own.
 * @throws GelqlError WEIGHTS_MISSING, WEIGHTS_DIGEST_MISMATCH, WEIGHTS_INVALID
 */
export async function loadBackboneTensors(record: BackboneRecord, shapesOf?: ShapesOf): Promise<TensorMap> {
  const bytes = await readWeights(record);
  if (hashBytes(bytes) !== record.sha256) {
    throw new GelqlError('WEIGHTS_DIGEST_MISMATCH', `${record.file} is not the file of ${record.id}.`, {
      facts: { file: record.file, expected: record.sha256 },
    });
  }
  const tensors = selectBackboneTensors(readSafetensors(bytes).tensors, record, shapesOf);
  if (record.tuned === undefined) return tensors;
  return new Map([...tensors, ...(await loadTunedWeights(record, record.tuned))]);
}

async function readWeights({ id, file }: BackboneRecord): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (!isFileNotFound(cause)) throw cause;
    throw new GelqlError('WEIGHTS_MISSING', `${file}, the weights of ${id}, is not there.`, { cause });
  }
}

async function unknownBackbone(
  id: string,
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[],
): Promise<GelqlError> {
  const known = [...catalog.map((entry) => entry.id), ...(await importedIds(places, catalog))];
  return new GelqlError(
    'NOT_FOUND',
    `There is no backbone ${JSON.stringify(id)}. Known: ${known.join(', ')}.`,
    {
      facts: { known },
    },
  );
}
