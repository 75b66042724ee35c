import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNativeError } from 'node:util/types';
import type { EngineName } from '../words/device.js';
import { createDiskBudget } from '../disk-budget.js';
import { AUGMENTATION_VERSIONS } from '../images/augment.js';
import type { RasterRecipe } from '../words/picture.js';
import type { Augmentation } from '../words/training-settings.js';
import type { BackboneRecord, FeaturePoint } from '../words/architecture.js';
import { readFeatureFile, writeFeatureFile } from './feature-file.js';
import { withFeatureLock } from './feature-lock.js';

/** Everything that the features of one picture follow from. */
export interface FeatureOrigin {
  /** SHA-256 of the canonical raster: the same picture in another file has the same features. */
  rasterSha256: string;
  recipe: RasterRecipe;
  views: number;
  /** How the views differ from the picture; LIGHT where absent. */
  augmentation?: Augmentation | undefined;
  backboneSha256: string;
  /** SHA-256 of the tuned weights, if there are any. */
  tunedSha256?: string | undefined;
  featurePoint: FeaturePoint;
  /** From the backbone's record: one file of weights can be imported with two normalisations. */
  normalisation: Pick<BackboneRecord, 'mean' | 'standardDeviation'>;
  engine: EngineName;
  /** As the engine table reports it: another version may round otherwise. */
  engineVersion: string;
}

export interface FeatureCache {
  /** @returns SHA-256 over the origin, hex */
  keyOf(origin: FeatureOrigin): string;
  /**
   * @param size number of values that are wanted, views x D
   * @returns [views, D] row-major, or null where nothing sound of that size is stored
   */
  get(key: string, size: number): Promise<Float32Array | null>;
  /**
   * @param features [views, D] row-major
   * @returns whether they were stored; a full or read-only disk costs time later, never the training run
   */
  put(key: string, features: Float32Array): Promise<boolean>;
  /**
   * Runs `work` while no other process or caller that shares the folder runs work of this name: what one computes, the
   * next finds stored.
   * @throws GelqlError CANCELLED through `signal` while it waits
   */
  exclusively<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
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

  async function get(key: string, size: number): Promise<Float32Array | null> {
    if (maxBytes === 0) return null;
    const file = fileOf(key);
    const bytes = await readFile(file).catch(() => null);
    const features = bytes === null ? null : readFeatureFile(key, bytes);
    if (features?.length !== size) return null;
    await markAsUsed(file);
    return features;
  }

  async function put(key: string, features: Float32Array): Promise<boolean> {
    const bytes = writeFeatureFile(key, features);
    if (bytes.length > maxBytes) return false;
    try {
      await replaceFile(fileOf(key), bytes);
      await budget.add(bytes.length);
      return true;
    } catch (error) {
      if (isFileSystemError(error)) return false;
      throw error;
    }
  }

  async function exclusively<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    // Nothing that is computed is kept: there is nothing to wait for.
    if (maxBytes === 0) return work();
    return withFeatureLock(join(directory, 'locks', name), signal, work);
  }

  return { keyOf: featureKey, get, put, exclusively };
}

function featureKey(origin: FeatureOrigin): string {
  const { rasterSha256, recipe, views, backboneSha256, featurePoint, normalisation, engine } = origin;
  const augmentation = views > 1 ? AUGMENTATION_VERSIONS[origin.augmentation ?? 'LIGHT'] : null;
  const { mean, standardDeviation } = normalisation;
  const picture = [rasterSha256, recipe, views, augmentation];
  const weights = origin.tunedSha256 === undefined ? backboneSha256 : [backboneSha256, origin.tunedSha256];
  const backbone = [weights, featurePoint, mean, standardDeviation];
  const parts = ['gelql-features/2', picture, backbone, engine, origin.engineVersion];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A rename over a file that another process writes too is harmless: both hold the same values. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The modification time is the time of the last use; another process may have removed the file meanwhile. */
async function markAsUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}

function isFileSystemError(error: unknown): boolean {
  return isNativeError(error) && 'syscall' in error;
}
