import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EngineName } from '../compute/engines/engine.js';
import { AUGMENTATION_VERSION } from '../images/augment.js';
import type { RasterRecipe } from '../images/picture.js';
import type { BackboneRecord } from '../networks/architecture.js';
import { createDiskBudget } from './disk-budget.js';
import { readFeatureFile, writeFeatureFile } from './feature-file.js';

/** Everything that features follow from. */
export interface FeatureOrigin {
  /** SHA-256 of the canonical raster: the same picture in another file has the same features. */
  rasterSha256: string;
  recipe: RasterRecipe;
  views: number;
  backbone: Pick<BackboneRecord, 'sha256' | 'featurePoint' | 'mean' | 'standardDeviation'>;
  engine: EngineName;
  /** As the engine table reports it: another version may round otherwise. */
  engineVersion: string;
}

/** @returns the cache's key: a SHA-256, hex */
export function featureKey(origin: FeatureOrigin): string {
  const { rasterSha256, recipe, views, backbone, engine, engineVersion } = origin;
  const { sha256, featurePoint, mean, standardDeviation } = backbone;
  const parts = [
    [rasterSha256, recipe, views, views > 1 ? AUGMENTATION_VERSION : null],
    [sha256, featurePoint, mean, standardDeviation],
    [engine, engineVersion],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export interface FeatureCache {
  /** @returns [views, D] row-major, or null where nothing sound is stored */
  get(key: string): Promise<Float32Array | null>;
  /**
   * @param features [views, D] row-major
   * @returns whether they were stored; a full or read-only disk costs time later, never the training run
   */
  put(key: string, features: Float32Array): Promise<boolean>;
}

/**
 * Features on disk, one file per picture, found by what they follow from. A file appears whole or not at all (written
 * beside, then renamed), so several processes can share the folder; torn and foreign files count as absent. Above
 * `maxBytes` the files that were not read for the longest time go first; 0 switches the cache off.
 */
export function createFeatureCache({
  directory,
  maxBytes,
}: {
  directory: string;
  maxBytes: number;
}): FeatureCache {
  const budget = createDiskBudget(directory, maxBytes);
  const fileOf = (key: string) => join(directory, key.slice(0, 2), `${key}.features`);

  async function get(key: string): Promise<Float32Array | null> {
    if (maxBytes === 0) return null;
    const file = fileOf(key);
    const bytes = await readFile(file).catch(() => null);
    if (bytes === null) return null;
    const features = readFeatureFile(key, bytes);
    if (features === null) await rm(file, { force: true }).catch(() => undefined);
    else await markAsUsed(file);
    return features;
  }

  async function put(key: string, features: Float32Array): Promise<boolean> {
    const bytes = writeFeatureFile(key, features);
    if (bytes.length > maxBytes) return false;
    return replaceFile(fileOf(key), bytes).then(
      async () => {
        await budget.add(bytes.length);
        return true;
      },
      () => false,
    );
  }

  return { get, put };
}
