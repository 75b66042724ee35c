import {
  createBatcher,
  type BatchedFeatures,
  type Batcher,
  type FeatureOptions,
  type Loss,
} from '../compute/batching/batcher.js';
import type { Device, EngineName } from '../words/device.js';
import { deviceOf } from '../compute/engines/table.js';
import { createFairScheduler, type FairScheduler } from '../compute/batching/fair-scheduler.js';
import type { Compute } from '../compute/protocol.js';
import { backboneKey, type BackboneRecord } from '../words/architecture.js';
import type { Permit } from './admission.js';

export interface FeatureService {
  /** Features of one picture [224, 224]; batched with whatever else waits for the same backbone. */
  featuresOf(
    permit: Permit,
    backbone: BackboneRecord,
    engine: EngineName,
    input: Uint8Array,
    options: Pick<FeatureOptions, 'lastMaps'>,
  ): Promise<BatchedFeatures>;
  /** Refuses new pictures and waits for the accepted ones. */
  close(): Promise<void>;
}

export interface FeatureServiceOptions {
  maxDelayMs: number;
  /** Brings back files of weights that an engine did not find as they should be; false where it cannot. */
  restoreWeights: (backbone: BackboneRecord) => Promise<boolean>;
}

/** Hears of every batch. */
export interface BatchObserver {
  onBatch(pictures: number): void;
  /** A batch that is computed once more. */
  onLoss(loss: Loss): void;
}

/** All engines of a device share its cores: one batch at a time, whichever engine and backbone it is for. */
const BATCHES_AT_ONCE = 1;

/**
 * One scheduler for each device, one batcher per backbone and engine, made when first asked for. Heads of one backbone
 * share its batches.
 */
export function createFeatureService(
  compute: Compute,
  observer: BatchObserver,
  { maxDelayMs, restoreWeights }: FeatureServiceOptions,
): FeatureService {
  const schedulers: Record<Device, FairScheduler> = {
    CPU: createFairScheduler(BATCHES_AT_ONCE),
    GPU: createFairScheduler(BATCHES_AT_ONCE),
  };
  const batchers = new Map<string, Promise<Batcher>>();

  const batcherOf = (backbone: BackboneRecord, engine: EngineName): Promise<Batcher> => {
    const key = batcherKey(backbone, engine);
    const known = batchers.get(key);
    if (known !== undefined) return known;
    const opening = openBatcher(backbone, engine);
    batchers.set(key, opening);
    opening.catch(() => batchers.delete(key));
    return opening;
  };

  const openBatcher = async (backbone: BackboneRecord, engine: EngineName): Promise<Batcher> =>
    createBatcher({
      scheduler: schedulers[deviceOf(engine)],
      maxBatch: await compute.maxBatch(engine, backbone),
      maxDelayMs,
      async onLoss(loss, error) {
        if (loss === 'weights' && !(await restoreWeights(backbone))) throw error;
        observer.onLoss(loss);
      },
      execute(inputs, count, { lastMaps }) {
        observer.onBatch(count);
        const task = { engine, backbone, inputs, count, lastMaps };
        return compute.extractFeatures(task, { lane: 'serving', isHandedOver: true });
      },
    });

  return {
    async featuresOf({ priority, signal }, backbone, engine, input, { lastMaps = false }) {
      const batcher = await batcherOf(backbone, engine);
      return batcher.computeFeatures(input, { lastMaps, priority, signal });
    },
    async close() {
      // One that could not be opened has nothing to close.
      const closeOpened = async (opening: Promise<Batcher>) => (await opening.catch(() => null))?.close();
      await Promise.all([...batchers.values()].map(closeOpened));
    },
  };
}

/** What pictures must have in common to go through a network together. */
export function batcherKey(backbone: BackboneRecord, engine: EngineName): string {
  return `${engine} ${backboneKey(backbone)}`;
}
