import { applyNativeEnvironment, cardEnvironment, type Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { linkTensorflow } from '../setup/tensorflow/link-tensorflow.js';
import type { EngineName } from '../words/device.js';
import { inProcess, inThread } from './channel.js';
import {
  DRAW_THUMBNAIL,
  EXTRACT_FEATURES,
  PREPARE_IMAGE,
  TRAIN_HEAD,
  TRAIN_NETWORK,
  type WorkerSettings,
} from './compute-tasks.js';
import { decodeLimits } from './decode-limits.js';
import { createDevices } from './devices.js';
import { ENGINES } from './engines/table.js';
import { entryBeside } from './entry-beside.js';
import { createLane, type Lane } from './lane.js';
import { feedTraining } from './network-training/feed-training.js';
import type { Compute, LaneName } from './protocol.js';
import { epochProgress } from './task-answers.js';
import { planThreads } from './thread-plan.js';
import type { Entry } from './worker-entry.js';

/** Replaced in tests; the package's own where absent. */
export interface ComputeEntries {
  worker?: Entry;
}

/**
 * The compute machine. Nothing starts before it is asked for. Each lane has workers of its own, for decoding and for each
 * engine, so serving never waits for training. Pictures are decoded in processes, which can be killed whatever a library
 * does with a picture. Engines are threads: no two share one, because TensorFlow.js has one backend per thread, and those
 * of graphics cards but `webgpu` have processes of their own.
 */
export function createCompute(config: Config, logger: Logger, entries: ComputeEntries = {}): Compute {
  const { softwareGpu, card, cacheDir } = config;
  applyNativeEnvironment(config);
  // `npm ci` removes what the set-up had linked into node_modules; the cache still has it.
  const link = linkTensorflow(cacheDir);
  if (!link.linked) logger.debug({ reason: link.reason }, 'native TensorFlow is not linked');
  const plan = planThreads(config);
  const entry = entries.worker ?? entryBeside(import.meta.url, 'worker');
  const devices = createDevices({ config, logger, engines: Object.values(ENGINES) });
  const lanes = new Map<string, Lane>();
  let isClosed = false;

  function openLane(lane: LaneName, kind: 'pictures' | EngineName): Lane {
    if (isClosed) throw new GelqlError('SHUTTING_DOWN', 'The compute workers are stopping.');
    const name = `${lane} ${kind}`;
    const opened =
      lanes.get(name) ?? (kind === 'pictures' ? decoders(name, lane) : engines(name, lane, kind));
    lanes.set(name, opened);
    return opened;
  }

  function settingsOf(lane: LaneName): WorkerSettings {
    const [threads, niceness] = [plan.engineThreads[lane], plan.niceness[lane]];
    return { threads, niceness, softwareGpu, card, cacheDir };
  }

  function decoders(name: string, lane: LaneName): Lane {
    return createLane({
      name,
      logger,
      workers: plan.decoders[lane],
      open: inProcess({ entry, settings: settingsOf(lane) }),
      ...decodeLimits(config),
    });
  }

  function engines(name: string, lane: LaneName, engine: EngineName): Lane {
    const worker = { entry, settings: settingsOf(lane) };
    return createLane({
      name,
      logger,
      workers: plan.engines[lane],
      open: ENGINES[engine].hasOwnProcess
        ? inProcess({ ...worker, environment: cardEnvironment(card) })
        : inThread(worker),
      // A process may hold a library whose context is gone for good; a thread starts its engine anew.
      lastWords: ENGINES[engine].hasOwnProcess ? ['DEVICE_LOST'] : [],
    });
  }

  return {
    ...devices,
    async prepareImage(task, { lane, ...options }) {
      return openLane(lane, 'pictures').run(PREPARE_IMAGE, task, options);
    },
    async drawThumbnail(task, { lane, ...options }) {
      return openLane(lane, 'pictures').run(DRAW_THUMBNAIL, task, options);
    },
    async extractFeatures(task, { lane, ...options }) {
      return openLane(lane, task.engine).run(EXTRACT_FEATURES, task, options);
    },
    async trainHead(task, { signal, onEpoch }) {
      const onMessage = onEpoch && ((body: unknown) => onEpoch(epochProgress.parse(body)));
      return openLane('training', task.engine).run(TRAIN_HEAD, task, { signal, onMessage });
    },
    async trainNetwork(task, feed, { signal, onStep, onEpoch }) {
      const lane = openLane('training', task.engine);
      let send: (body: unknown) => void = () => undefined;
      const feeding = feedTraining(feed, { onEpoch, onStep }, (message) => send(message));
      const onStart = (toTask: typeof send) => void (send = toTask);
      try {
        return await lane.run(TRAIN_NETWORK, task, { signal, onStart, onMessage: feeding.receive });
      } catch (error) {
        // What went wrong on this side says more than what the worker made of it.
        feeding.failed.throwIfAborted();
        throw error;
      } finally {
        feeding.close();
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
    },
  };
}
