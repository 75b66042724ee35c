import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import type { BackboneRecord } from '../../words/architecture.js';
import type { CatalogEntry } from './catalog.js';
import { isFileNotFound, sizeOf } from './file-facts.js';
import {
  isBackboneId,
  readManifest,
  storedFileName,
  weightsDirOf,
  type StoredManifest,
} from './stored-manifest.js';

/** Where weights lie; a Config serves. `weightsUrl` only makes messages more helpful. */
export type WeightsPlaces = Pick<Config, 'modelsDir' | 'cacheDir'> & Partial<Pick<Config, 'weightsUrl'>>;

export type BackboneState = 'present' | 'missing' | 'damaged';

/** One line of `gelql weights list`. */
export interface BackboneListing extends Omit<BackboneRecord, 'sha256'> {
  origin: 'shipped' | 'official' | 'imported';
  state: BackboneState;
  /** Why it is missing or damaged; null where it is present. */
  problem: string | null;
  /** Size of the file on this machine, or of the one to fetch. */
  sizeBytes: number;
  /** SHA-256 of the safetensors file; null for official weights before they are fetched. */
  sha256: string | null;
  summary: string;
}

/**
 * What is known of an id without reading the weights: `damaged` is told from sizes.
 * @returns null for an id that is neither in the catalogue nor imported
 * @throws GelqlError WEIGHTS_INVALID where the manifest of an imported backbone cannot be read
 */
export async function describeBackbone(
  id: string,
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[],
): Promise<BackboneListing | null> {
  if (!isBackboneId(id)) return null;
  const entry = catalog.find((candidate) => candidate.id === id);
  if (entry?.origin === 'shipped') return describeShipped(entry, places);
  try {
    const manifest = await readManifest(id, places);
    if (manifest !== null) return await describeStored(manifest, places, entry);
    return entry === undefined ? null : notFetched(entry, places);
  } catch (error) {
    if (entry === undefined || !(error instanceof GelqlError)) throw error;
    return damaged(notFetched(entry, places), error.message);
  }
}

/** The package's own folder first; the cache is where `weights import` can put a copy. */
async function describeShipped(entry: CatalogEntry, places: WeightsPlaces): Promise<BackboneListing> {
  const { source, origin, summary, ...description } = entry;
  const shippedFile = join(places.modelsDir, 'backbones', source.fileName);
  const importedFile = join(weightsDirOf(places), source.fileName);
  const imported = await sizeOf(importedFile);
  const file =
    imported === source.sizeBytes && (await sizeOf(shippedFile)) === null ? importedFile : shippedFile;
  const { sizeBytes, sha256 } = source;
  return withState({
    ...description,
    file,
    origin,
    summary,
    sizeBytes,
    sha256,
    state: 'present',
    problem: null,
  });
}

async function describeStored(
  manifest: StoredManifest,
  places: WeightsPlaces,
  entry: CatalogEntry | undefined,
): Promise<BackboneListing> {
  const { stored, source, ...description } = manifest;
  const { sizeBytes, sha256 } = stored;
  const file = join(weightsDirOf(places), stored.fileName);
  const origin = entry?.origin ?? 'imported';
  const summary = entry?.summary ?? describeSource(source);
  return withState({
    ...description,
    file,
    origin,
    summary,
    sizeBytes,
    sha256,
    state: 'present',
    problem: null,
  });
}

function describeSource({ fileName, namePrefix }: StoredManifest['source']): string {
  const stripped = namePrefix === '' ? '' : `, \`${namePrefix}\` taken from its names`;
  return `imported from ${fileName}${stripped}`;
}

async function withState(listing: BackboneListing): Promise<BackboneListing> {
  const found = await sizeOf(listing.file);
  if (found === listing.sizeBytes) return listing;
  if (found === null) return { ...listing, state: 'missing', problem: `${listing.file} is not there` };
  return damaged(listing, `${listing.file} has ${found} bytes instead of ${listing.sizeBytes}`);
}

function notFetched(entry: CatalogEntry, places: WeightsPlaces): BackboneListing {
  const { source, origin, summary, ...description } = entry;
  const file = join(weightsDirOf(places), storedFileName(entry.id));
  const problem = `${source.fileName} was not fetched yet`;
  return {
    ...description,
    file,
    origin,
    summary,
    sizeBytes: source.sizeBytes,
    sha256: null,
    state: 'missing',
    problem,
  };
}

export function damaged(listing: BackboneListing, problem: string): BackboneListing {
  return { ...listing, state: 'damaged', problem };
}

/** The ids below `<cacheDir>/weights` that the catalogue does not have, sorted. */
export async function importedIds(
  places: WeightsPlaces,
  catalog: readonly CatalogEntry[],
): Promise<string[]> {
  try {
    const names = await readdir(weightsDirOf(places));
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
    return ids.filter((id) => isBackboneId(id) && !catalog.some((entry) => entry.id === id)).sort();
  } catch (error) {
    if (isFileNotFound(error)) return [];
    throw error;
  }
}
