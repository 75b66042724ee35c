import { getPriority, setPriority } from 'node:os';
import { GelqlError } from '../errors.js';
import type { EngineName } from '../words/device.js';
import {
  DRAW_THUMBNAIL,
  EXTRACT_FEATURES,
  MEASURE_ENGINE,
  PREPARE_IMAGE,
  PROBE_ENGINE,
  TRAIN_HEAD,
  TRAIN_NETWORK,
  workerSettings,
} from './compute-tasks.js';
import { measureSession } from './measuring/measure-session.js';
import type {
  ExtractedFeatures,
  ExtractFeaturesTask,
  MeasureEngineTask,
  TrainHeadTask,
  TrainNetworkTask,
} from './protocol.js';
import { serveTask, type CreateTasks, type TaskContext } from './task.js';
import { startEngine, type WorkerEngine } from './worker-engine.js';

/**
 * What runs in a compute worker. Modules are loaded by the task that needs them, so that a decoder holds no engine and an
 * engine's worker no decoder.
 */
export const createTasks: CreateTasks = (settings) => {
  const { niceness, ...options } = workerSettings.parse(settings);
  // On Linux the priority is the thread's own, and that of the threads which its engine starts; elsewhere the process's.
  if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + niceness));
  const engines = new Map<EngineName, Promise<WorkerEngine>>();

  function useEngine(name: EngineName): Promise<WorkerEngine> {
    const started = engines.get(name) ?? startEngine(name, options);
    engines.set(name, started);
    // A failed start is forgotten: what was missing may be there the next time.
    started.catch(() => engines.delete(name));
    return started;
  }

  /** An engine whose device is gone never works again: the next task starts it anew, on a new device. */
  function forgetLost(engine: EngineName, error: unknown): never {
    if (error instanceof GelqlError && error.code === 'DEVICE_LOST') engines.delete(engine);
    throw error;
  }

  async function extractFeatures(task: ExtractFeaturesTask): Promise<ExtractedFeatures> {
    const { sessions } = await useEngine(task.engine);
    const session = await sessions.get(task.backbone);
    const startedAt = performance.now();
    const extracting = session.extractFeatures(task.inputs, task.count, { lastMaps: task.lastMaps });
    const batch = await extracting.catch((error: unknown) => forgetLost(task.engine, error));
    return { ...batch, inferMs: performance.now() - startedAt };
  }

  /** The engine leaves TensorFlow.js on its own backend; no other engine shares this thread. */
  async function trainHead(task: TrainHeadTask, { signal, send }: TaskContext) {
    const { engine } = await useEngine(task.engine);
    const [tf, tasks] = await Promise.all([import('@tensorflow/tfjs-core'), import('./tasks/train-head.js')]);
    const train = () => tasks.trainHead(tf, task, { isCancelled: () => signal.aborted, onEpoch: send });
    const training = engine.training === undefined ? train() : engine.training.watch(task.batchSize, train);
    return training.catch((error: unknown) => forgetLost(task.engine, error));
  }

  async function trainNetwork(task: TrainNetworkTask, context: TaskContext) {
    const { engine } = await useEngine(task.engine);
    if (engine.training === undefined) {
      throw new GelqlError('ENGINE_UNAVAILABLE', `The engine ${task.engine} trains heads only.`);
    }
    const { runNetworkTraining } = await import('./network-training/run-network-training.js');
    const training = runNetworkTraining(engine.training, task, context);
    return training.catch((error: unknown) => forgetLost(task.engine, error));
  }

  async function measureEngine({ engine, backbone, limits }: MeasureEngineTask, { send }: TaskContext) {
    const { ENGINES } = await import('./engines/table.js');
    const { sessions } = await useEngine(engine);
    return measureSession(await sessions.get(backbone), ENGINES[engine].batchSizes, limits, send);
  }

  return [
    serveTask(PREPARE_IMAGE, async (task) => (await import('../images/prepare-image.js')).prepareImage(task)),
    serveTask(DRAW_THUMBNAIL, async (task) => (await import('../images/thumbnail.js')).drawThumbnail(task)),
    serveTask(EXTRACT_FEATURES, extractFeatures),
    serveTask(TRAIN_HEAD, trainHead),
    serveTask(TRAIN_NETWORK, trainNetwork),
    serveTask(PROBE_ENGINE, async ({ engine }) => {
      const { ENGINES } = await import('./engines/table.js');
      return ENGINES[engine].probe(options);
    }),
    serveTask(MEASURE_ENGINE, measureEngine),
  ];
};
