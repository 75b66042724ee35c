import type { EngineName } from '../compute/engines/engine.js';
import { createBatcher, type BatchedFeatures, type Batcher } from '../compute/batcher.js';
import type { Compute } from '../compute/protocol.js';
import type { BackboneRecord } from '../networks/architecture.js';

/** Pictures in one batch: past this, pictures per second grow by less than the wait of the last one is worth. */
const MAX_BATCH = 16;

export interface FeatureService {
  /** Features of one picture [224, 224]; batched with whatever else waits for the same backbone. */
  featuresOf(
    backbone: BackboneRecord,
    engine: EngineName,
    input: Uint8Array,
    options: { lastMaps: boolean; signal?: AbortSignal | undefined },
  ): Promise<BatchedFeatures>;
  /** Refuses new pictures and waits for the accepted ones. */
  close(): Promise<void>;
}

/** One batcher per backbone and engine, made when first asked for. Heads of one backbone share its batches. */
export function createFeatureService(compute: Compute, maxPending: number): FeatureService {
  const batchers = new Map<string, Batcher>();

  const batcherOf = (backbone: BackboneRecord, engine: EngineName): Batcher => {
    // Imported weights may be the same file with another normalisation.
    const { sha256, featurePoint, mean, standardDeviation } = backbone;
    const key = JSON.stringify([engine, sha256, featurePoint, mean, standardDeviation]);
    const known = batchers.get(key);
    if (known !== undefined) return known;
    const batcher = createBatcher({
      execute: (inputs, count, { lastMaps }) =>
        compute.extractFeatures({ engine, backbone, inputs, count, lastMaps }, { lane: 'serving' }),
      concurrency: 1,
      maxBatch: MAX_BATCH,
      maxPending,
    });
    batchers.set(key, batcher);
    return batcher;
  };

  return {
    featuresOf: (backbone, engine, input, { lastMaps, signal }) =>
      batcherOf(backbone, engine).classify(input, { lastMaps, signal }),
    async close() {
      await Promise.all([...batchers.values()].map((batcher) => batcher.close()));
    },
  };
}
