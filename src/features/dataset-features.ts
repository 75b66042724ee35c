import { at } from '../at.js';
import type { EngineName } from '../words/device.js';
import { ENGINES } from '../compute/engines/table.js';
import type { Compute } from '../compute/protocol.js';
import { INPUT_PIXELS, type RasterRecipe } from '../words/picture.js';
import type { Augmentation } from '../words/training-settings.js';
import type { BackboneRecord } from '../words/architecture.js';
import type { FeatureCache, FeatureOrigin } from './feature-cache.js';

/** Network inputs that are decoded at once: enough to fill the engine, few enough to report progress. */
const INPUTS_PER_GROUP = 16;

export interface FeatureRequest {
  /** Digest of the pictures' data set. Runs on one data set wait for each other's features. */
  datasetDigest: string;
  /** SHA-256 of the pictures' bytes, in the order of the rows to return. */
  pictures: readonly { sha256: string; rasterSha256: string }[];
  loadBytes: (sha256: string) => Promise<Uint8Array>;
  /** Views per picture, see PrepareImageTask. */
  views: number;
  augmentation: Augmentation;
  recipe: RasterRecipe;
  backbone: BackboneRecord;
  engine: EngineName;
  engineVersion: string;
  maxPixels: number;
}

export interface FeatureProgress {
  stage: 'DECODING' | 'EXTRACTING_FEATURES';
  done: number;
  total: number;
}

interface FeatureOptions {
  signal: AbortSignal;
  onProgress: (progress: FeatureProgress) => void;
}

/**
 * Features of many pictures, each computed once per picture, view and backbone, ever: what is cached is read, the rest
 * is computed by one run at a time. They have the same bits whichever were cached.
 * @returns [pictures, views, D] row-major
 * @throws GelqlError CANCELLED through `signal`
 */
export async function extractDatasetFeatures(
  compute: Compute,
  cache: FeatureCache,
  request: FeatureRequest,
  options: FeatureOptions,
): Promise<Float32Array> {
  const { pictures, views, backbone } = request;
  const rowSize = views * backbone.featureSize;
  const features = new Float32Array(pictures.length * rowSize);
  const keys = pictures.map(({ rasterSha256 }) => cache.keyOf(originOf(request, rasterSha256)));
  const all = Array.from(pictures, (_, index) => index);

  /** @returns those that are not cached */
  const readCached = async (indices: readonly number[]): Promise<number[]> => {
    const missing: number[] = [];
    for (const index of indices) {
      const cached = await cache.get(at(keys, index), rowSize);
      if (cached === null) missing.push(index);
      else features.set(cached, index * rowSize);
    }
    return missing;
  };
  const keep = async (index: number, rows: Float32Array): Promise<void> => {
    features.set(rows, index * rowSize);
    await cache.put(at(keys, index), rows);
  };

  const missing = await readCached(all);
  if (missing.length === 0) return features;
  // The same name for all runs on a data set whatever their split, so that those with other seeds share the work too.
  const name = cache.keyOf(originOf(request, request.datasetDigest));
  await cache.exclusively(name, options.signal, async () =>
    computeFeatures(compute, request, await readCached(missing), options, keep),
  );
  return features;
}

/** Decodes one group of pictures while the group before it is in the engine. */
async function computeFeatures(
  compute: Compute,
  request: FeatureRequest,
  indices: readonly number[],
  { signal, onProgress }: FeatureOptions,
  keep: (index: number, rows: Float32Array) => Promise<void>,
): Promise<void> {
  if (indices.length === 0) return;
  const { pictures, views, backbone } = request;
  const rowSize = views * backbone.featureSize;
  const total = pictures.length;
  let done = total - indices.length;
  onProgress({ stage: 'DECODING', done, total });
  const prepare = (group: readonly number[]) =>
    Promise.all(group.map((index) => prepareInputs(compute, request, at(pictures, index).sha256, signal)));
  const groups = chunk(indices, Math.max(1, Math.floor(INPUTS_PER_GROUP / views)));
  let next = prepare(groups[0] ?? []);
  for (const [position, group] of groups.entries()) {
    const inputs = await next;
    next = prepare(groups[position + 1] ?? []);
    // A failure here is raised by the await above in the next round; this only keeps it from being "unhandled" before.
    next.catch(() => undefined);
    const features = await extractStable(compute, request, inputs, signal);
    for (const [row, index] of group.entries()) {
      await keep(index, features.slice(row * rowSize, (row + 1) * rowSize));
    }
    done += group.length;
    onProgress({ stage: 'EXTRACTING_FEATURES', done, total });
  }
}

async function prepareInputs(
  compute: Compute,
  { loadBytes, recipe, views, augmentation, maxPixels }: FeatureRequest,
  sha256: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const task = { bytes: await loadBytes(sha256), page: null, recipe, views, augmentation, maxPixels };
  return (await compute.prepareImage(task, { lane: 'training', signal })).inputs;
}

/**
 * Features of all inputs in calls of the engine's stable size, the last one filled up: which pictures are computed together
 * depends on what was cached, the bits must not.
 * @param inputs per picture [views, 224, 224]
 * @returns [pictures x views, D]
 */
async function extractStable(
  compute: Compute,
  { engine, backbone, views }: FeatureRequest,
  inputs: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Float32Array> {
  const count = ENGINES[engine].stableCount;
  const rows = inputs.length * views;
  const callCount = Math.ceil(rows / count);
  const filled = new Uint8Array(callCount * count * INPUT_PIXELS);
  inputs.forEach((picture, index) => filled.set(picture, index * views * INPUT_PIXELS));
  const features = new Float32Array(callCount * count * backbone.featureSize);
  for (let call = 0; call < callCount; call += 1) {
    const part = filled.subarray(call * count * INPUT_PIXELS, (call + 1) * count * INPUT_PIXELS);
    const batch = await compute.extractFeatures(
      { engine, backbone, inputs: part, count, lastMaps: false },
      { lane: 'training', signal },
    );
    features.set(batch.features, call * count * backbone.featureSize);
  }
  return features.subarray(0, rows * backbone.featureSize);
}

function originOf(request: FeatureRequest, rasterSha256: string): FeatureOrigin {
  const { recipe, views, augmentation, backbone, engine, engineVersion } = request;
  const { sha256: backboneSha256, tuned, featurePoint } = backbone;
  const weights = { backboneSha256, tunedSha256: tuned?.sha256, featurePoint, normalisation: backbone };
  return { rasterSha256, recipe, views, augmentation, ...weights, engine, engineVersion };
}

function chunk(values: readonly number[], size: number): number[][] {
  const chunks: number[][] = [];
  for (let start = 0; start < values.length; start += size) chunks.push(values.slice(start, start + size));
  return chunks;
}
