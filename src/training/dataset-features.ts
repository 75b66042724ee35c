import type { EngineName } from '../compute/engines/engine.js';
import type { Compute } from '../compute/protocol.js';
import { INPUT_PIXELS, type RasterRecipe } from '../images/picture.js';
import type { BackboneRecord } from '../networks/architecture.js';
import type { FeatureCache } from './feature-cache.js';

/** Rows that go through the engine at once: large enough to fill it, small enough to report progress. */
const ROWS_PER_BATCH = 16;

export interface FeatureRequest {
  /** SHA-256 of the pictures' bytes, in the order of the rows to return. */
  pictures: readonly { sha256: string; rasterSha256: string }[];
  loadBytes: (sha256: string) => Promise<Uint8Array>;
  /** Views per picture, see PrepareImageTask. */
  views: number;
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

/**
 * Features of many pictures, each computed once per picture, view and backbone, ever: what is cached is read, the rest
 * is decoded while the batch before it is in the engine.
 * @returns [pictures, views, D] row-major
 * @throws GelqlError CANCELLED through `signal`
 */
export async function extractDatasetFeatures(
  compute: Compute,
  cache: FeatureCache,
  request: FeatureRequest,
  options: { signal: AbortSignal; onProgress: (progress: FeatureProgress) => Promise<void> },
): Promise<Float32Array> {
  const { pictures, views, backbone, engine } = request;
  const rowSize = views * backbone.featureSize;
  const features = new Float32Array(pictures.length * rowSize);
  const missing: number[] = [];
  const keyOf = (index: number) =>
    cache.keyOf({
      rasterSha256: pictures[index]?.rasterSha256 ?? '',
      recipe: request.recipe,
      views,
      backboneSha256: backbone.sha256,
      featurePoint: backbone.featurePoint,
      normalisation: backbone,
      engine,
      engineVersion: request.engineVersion,
    });
  for (let index = 0; index < pictures.length; index += 1) {
    const cached = await cache.get(keyOf(index), rowSize);
    if (cached === null) missing.push(index);
    else features.set(cached, index * rowSize);
  }

  const prepare = async (indices: readonly number[]) =>
    Promise.all(
      indices.map(async (index) =>
        compute.prepareImage(
          {
            bytes: await request.loadBytes(pictures[index]?.sha256 ?? ''),
            page: null,
            recipe: request.recipe,
            views,
            maxPixels: request.maxPixels,
          },
          { lane: 'training', signal: options.signal },
        ),
      ),
    );

  if (missing.length > 0) {
    await options.onProgress({
      stage: 'DECODING',
      done: pictures.length - missing.length,
      total: pictures.length,
    });
  }
  const groups = chunk(missing, Math.max(1, Math.floor(ROWS_PER_BATCH / views)));
  let done = pictures.length - missing.length;
  let next = prepare(groups[0] ?? []);
  for (const [position, group] of groups.entries()) {
    const prepared = await next;
    next = prepare(groups[position + 1] ?? []);
    // A failure here is raised by the await above in the next round; this only keeps it from being "unhandled" before.
    next.catch(() => undefined);
    const inputs = new Uint8Array(group.length * views * INPUT_PIXELS);
    prepared.forEach((picture, row) => inputs.set(picture.inputs, row * views * INPUT_PIXELS));
    const batch = await compute.extractFeatures(
      { engine, backbone, inputs, count: group.length * views, lastMaps: false },
      { lane: 'training', signal: options.signal },
    );
    for (const [row, index] of group.entries()) {
      const rows = batch.features.slice(row * rowSize, (row + 1) * rowSize);
      features.set(rows, index * rowSize);
      await cache.put(keyOf(index), rows);
    }
    done += group.length;
    await options.onProgress({ stage: 'EXTRACTING_FEATURES', done, total: pictures.length });
  }
  return features;
}

function chunk(values: readonly number[], size: number): number[][] {
  const chunks: number[][] = [];
  for (let start = 0; start < values.length; start += size) chunks.push(values.slice(start, start + size));
  return chunks;
}
