import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import type { BackboneRecord } from '../../words/architecture.js';
import { describeBackbone } from './backbone-listing.js';
import { findBackbone } from './backbones.js';
import { CATALOG, type CatalogEntry } from './catalog.js';
import { downloadPinned, type DownloadOptions } from './download.js';
import { convertCheckpoint } from './import-weights.js';
import { importCommand, officialAddress } from './missing-weights.js';
import type { ShapesOf } from './select-tensors.js';
import { weightsDirOf } from './stored-manifest.js';

export interface PullOptions extends DownloadOptions {
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
  options: PullOptions = {},
): Promise<BackboneRecord> {
  const catalog = options.catalog ?? CATALOG;
  const entry = catalog.find((candidate) => candidate.id === id);
  const listing = await describeBackbone(id, places, catalog);
  if (entry?.origin !== 'official' || listing?.state === 'present') return findBackbone(id, places, catalog);
  const address = officialAddress(entry.source, places.weightsUrl);
  const howElse = `Without a network: get the file elsewhere and run \`${importCommand(entry)}\`.`;
  const folder = join(weightsDirOf(places), 'downloads');
  const path = await downloadPinned(address, entry.source, folder, howElse, options);
  const record = await convertCheckpoint(path, entry, entry.source, places, options.shapesOf);
  await rm(path, { force: true });
  return record;
}
