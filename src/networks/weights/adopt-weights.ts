import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import type { BackboneRecord } from '../../words/architecture.js';
import { listBackbones } from './backbones.js';
import { CATALOG, type PinnedFile } from './catalog.js';
import { replaceFile } from './store-weights.js';
import {
  isBackboneId,
  manifestPathOf,
  readManifest,
  storedFileName,
  weightsDirOf,
  type StoredManifest,
} from './stored-manifest.js';

/** What makes a backbone the same backbone, whatever it is called. */
export type BackboneIdentity = Omit<BackboneRecord, 'id' | 'file'>;

type Places = Pick<Config, 'modelsDir' | 'cacheDir'>;

const MAX_ID_LENGTH = 64;

/** A present backbone that is the same in everything but its name; null where there is none. */
export async function findSameBackbone(
  identity: BackboneIdentity,
  places: Places,
): Promise<BackboneRecord | null> {
  const same = (await listBackbones(places)).find(
    (listing) =>
      listing.state === 'present' &&
      listing.sha256 === identity.sha256 &&
      listing.architecture === identity.architecture &&
      listing.featurePoint === identity.featurePoint &&
      listing.mean.join() === identity.mean.join() &&
      listing.standardDeviation.join() === identity.standardDeviation.join(),
  );
  if (same === undefined) return null;
  const { id, architecture, featurePoint, featureSize, mean, standardDeviation, file, sha256 } = same;
  return { id, architecture, featurePoint, featureSize, mean, standardDeviation, file, sha256: sha256 ?? '' };
}

/**
 * Takes a safetensors file into the cache byte for byte, so that its SHA-256 stays, under a name that stands for nothing
 * else: one of the catalogue is never given to a file from elsewhere.
 * @param fill writes the file to the path that it is given and checks it; what it throws leaves nothing behind
 * @returns the record under the name that it got
 */
export async function adoptWeights(
  wantedId: string,
  identity: BackboneIdentity,
  sizeBytes: number,
  places: Places,
  fill: (temporary: string) => Promise<void>,
): Promise<BackboneRecord> {
  const id = await freeId(wantedId, identity.sha256, places);
  const file = join(weightsDirOf(places), storedFileName(id));
  await mkdir(weightsDirOf(places), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await fill(temporary);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  const pinned: PinnedFile = { fileName: storedFileName(id), sizeBytes, sha256: identity.sha256 };
  const { architecture, featurePoint, featureSize, mean, standardDeviation } = identity;
  const bound = { id, architecture, featurePoint, featureSize };
  const manifest: StoredManifest = {
    ...bound,
    mean: [...mean],
    standardDeviation: [...standardDeviation],
    stored: pinned,
    source: { ...pinned, namePrefix: '' },
  };
  await replaceFile(manifestPathOf(id, places), (path) =>
    writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`),
  );
  return { ...bound, mean, standardDeviation, file, sha256: identity.sha256 };
}

/** Takes back what `adoptWeights` did; the manifest first, so that nothing points at a file that is gone. */
export async function discardWeights({ id, file }: BackboneRecord, places: Places): Promise<void> {
  await rm(manifestPathOf(id, places), { force: true });
  await rm(file, { force: true });
}

/** @throws GelqlError CONFLICT where even the name with the digest stands for something else */
async function freeId(wanted: string, sha256: string, places: Places): Promise<string> {
  const suffix = `-${sha256.slice(0, 12)}`;
  const names = [wanted, `${wanted.slice(0, MAX_ID_LENGTH - suffix.length)}${suffix}`, `backbone${suffix}`];
  for (const id of names) {
    if (!isBackboneId(id) || CATALOG.some((entry) => entry.id === id)) continue;
    const manifest = await readManifest(id, places);
    // The same bytes under the same name, for another cut or normalisation, are another backbone all the same.
    if (manifest === null) return id;
  }
  throw new GelqlError('CONFLICT', `There are other weights under each of the names ${names.join(', ')}.`);
}
