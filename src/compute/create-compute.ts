import { applyNativeEnvironment, cardEnvironment, type Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { linkTensorflow } from '../setup/tensorflow/link-tensorflow.js';
import { createDevices } from './devices.js';
import type { EngineName } from '../words/device.js';
import { ENGINES } from './engines/table.js';
import { entryBeside } from './entry-beside.js';
import { feedTraining } from './network-training/feed-training.js';
import { copyArray, ownPayload } from './own-payload.js';
import { createPool, type Pool } from './pool.js';
import type { Compute, ExtractedFeatures, Lane, TrainedHead, TunedNetwork } from './protocol.js';
import type { Thumbnail } from '../images/thumbnail.js';
import type { PreparedImage } from '../images/prepare-image.js';
import type { EpochProgress } from '../words/run-event.js';
import { planThreads } from './thread-plan.js';
import type { Entry } from './worker-entry.js';

/** Replaced in tests; the package's own where absent. */
export interface ComputeEntries {
  worker?: Entry;
  engineProcess?: Entry;
}

/**
 * The compute machine. Nothing starts before it is asked for. Each lane has threads of its own, for decoding and for each
 * engine, so serving never waits for training; no two engines share a thread, because TensorFlow.js has one backend per
 * thread, and those of graphics cards but `webgpu` have processes of their own.
 */
export function createCompute(config: Config, logger: Logger, entries: ComputeEntries = {}): Compute {
  const { softwareGpu, card, cacheDir } = config;
  applyNativeEnvironment(config);
  // `npm ci` removes what the set-up had linked into node_modules; the cache still has it.
  const link = linkTensorflow(cacheDir);
  if (!link.linked) logger.debug({ reason: link.reason }, 'native TensorFlow is not linked');
  const plan = planThreads(config);
  const worker = entries.worker ?? entryBeside(import.meta.url, 'worker');
  const devices = createDevices({
    config,
    logger,
    engines: Object.values(ENGINES),
    ...(entries.engineProcess === undefined ? {} : { entry: entries.engineProcess }),
  });
  const pools = new Map<string, Pool>();
  let isClosed = false;

  function openPool(lane: Lane, kind: 'pictures' | EngineName): Pool {
    if (isClosed) throw new GelqlError('SHUTTING_DOWN', 'The compute threads are stopping.');
    const name = `${lane} ${kind}`;
    const pool =
      pools.get(name) ??
      createPool({
        name,
        entry: worker,
        logger,
        threads: kind === 'pictures' ? plan.decoders[lane] : plan.engines[lane],
        workerData: {
          threads: plan.engineThreads[lane],
          niceness: plan.niceness[lane],
          softwareGpu,
          card,
          cacheDir,
        },
        processEnvironment:
          kind !== 'pictures' && ENGINES[kind].hasOwnProcess ? cardEnvironment(card) : undefined,
      });
    pools.set(name, pool);
    return pool;
  }

  return {
    ...devices,
    async prepareImage(task, { lane, isHandedOver, ...options }) {
      const pool = openPool(lane, 'pictures');
      const preparePayload = () => ownPayload(task, ['bytes'], isHandedOver);
      const prepared = await pool.run('prepareImage', preparePayload, options);
      return prepared as PreparedImage;
    },
    async drawThumbnail(task, { lane, isHandedOver, ...options }) {
      const pool = openPool(lane, 'pictures');
      const preparePayload = () => ownPayload(task, ['bytes'], isHandedOver);
      const drawn = await pool.run('drawThumbnail', preparePayload, options);
      return drawn as Thumbnail;
    },
    async extractFeatures(task, { lane, isHandedOver, ...options }) {
      const pool = openPool(lane, task.engine);
      const preparePayload = () => ownPayload(task, ['inputs'], isHandedOver);
      const extracted = await pool.run('extractFeatures', preparePayload, options);
      return extracted as ExtractedFeatures;
    },
    async trainHead(task, { signal, onEpoch }) {
      const pool = openPool('training', task.engine);
      const arrays = ['features', 'labels', 'trainIndices', 'validationIndices'] as const;
      const onProgress = onEpoch && ((epoch: unknown) => onEpoch(epoch as EpochProgress));
      const trained = await pool.run('trainHead', () => ownPayload(task, arrays), { signal, onProgress });
      return trained as TrainedHead;
    },
    async trainNetwork({ checkpoint, ...task }, feed, { signal, onStep, onEpoch }) {
      const pool = openPool('training', task.engine);
      const feeding = feedTraining(feed, { onEpoch });
      const preparePayload = () => {
        const owned = checkpoint && copyArray(checkpoint);
        const value = { ...task, checkpoint: owned, feed: feeding.port };
        return {
          value,
          transfer: owned === null ? [feeding.port] : [feeding.port, owned.buffer],
        };
      };
      const onProgress = (step: unknown) => onStep(step as Parameters<typeof onStep>[0]);
      try {
        return (await pool.run('trainNetwork', preparePayload, { signal, onProgress })) as TunedNetwork;
      } catch (error) {
        // What went wrong on this side says more than what the thread made of it.
        feeding.failed.throwIfAborted();
        throw error;
      } finally {
        feeding.close();
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
