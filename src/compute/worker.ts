import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { GelqlError } from '../errors.js';
import { ownMemory, serveTask, type TaskContext } from './task-envelope.js';
import {
  engineOptions,
  parseExtractFeaturesTask,
  parsePrepareImageTask,
  parseThumbnailTask,
  parseTrainHeadTask,
  parseTrainNetworkTask,
} from './task-schemas.js';
import { startEngine, type WorkerEngine } from './worker-engine.js';
import type { EngineName } from '../words/device.js';
import type { FedNetworkTask } from './network-training/run-network-training.js';
import type { ExtractedFeatures, ExtractFeaturesTask, TrainHeadTask, TunedNetwork } from './protocol.js';

/*
 * What runs in a compute thread: one exported function per task. Modules are loaded by the task that needs them, so that
 * a decoding thread holds no engine and an engine's thread no decoder.
 */

const { niceness, ...options } = z
  .object({ ...engineOptions, niceness: z.number().int().min(0).max(19) })
  .parse(workerData);
// On Linux the priority is the thread's own, and that of the threads which its engine starts; elsewhere the process's.
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + niceness));

const engines = new Map<EngineName, Promise<WorkerEngine>>();

export const prepareImage = serveTask(
  parsePrepareImageTask,
  async (task) => (await import('../images/prepare-image.js')).prepareImage(task),
  ({ inputs, miniature }) => [inputs, miniature],
);

export const drawThumbnail = serveTask(
  parseThumbnailTask,
  async (task) => (await import('../images/thumbnail.js')).drawThumbnail(task),
  ({ jpeg }) => [jpeg],
);

export const extractFeatures = serveTask(parseExtractFeaturesTask, runBackbone, ({ features, lastMaps }) => [
  features,
  lastMaps?.data,
]);

export const trainHead = serveTask(parseTrainHeadTask, runTraining);

export const trainNetwork = serveTask(parseTrainNetworkTask, runTrainingInside, ({ tunedWeights }) => [
  tunedWeights,
]);

async function runBackbone(task: ExtractFeaturesTask): Promise<ExtractedFeatures> {
  const { sessions } = await useEngine(task.engine);
  const session = await sessions.get(task.backbone);
  const startedAt = performance.now();
  const extracting = session.extractFeatures(task.inputs, task.count, { lastMaps: task.lastMaps });
  const { features, lastMaps } = await extracting.catch((error: unknown) => forgetLost(task.engine, error));
  const inferMs = performance.now() - startedAt;
  const owned = { features: ownMemory(features), inferMs };
  return lastMaps === undefined
    ? owned
    : { ...owned, lastMaps: { ...lastMaps, data: ownMemory(lastMaps.data) } };
}

/** The engine leaves TensorFlow.js on its own backend; no other engine shares this thread. */
async function runTraining(task: TrainHeadTask, { isCancelled, report }: TaskContext) {
  const { engine } = await useEngine(task.engine);
  const [tf, tasks] = await Promise.all([import('@tensorflow/tfjs-core'), import('./tasks/train-head.js')]);
  const train = () => tasks.trainHead(tf, task, { isCancelled, onEpoch: report });
  const training = engine.training === undefined ? train() : engine.training.watch(task.batchSize, train);
  return training.catch((error: unknown) => forgetLost(task.engine, error));
}

async function runTrainingInside(task: FedNetworkTask, context: TaskContext): Promise<TunedNetwork> {
  try {
    const { engine } = await useEngine(task.engine);
    if (engine.training === undefined) {
      throw new GelqlError('ENGINE_UNAVAILABLE', `The engine ${task.engine} trains heads only.`);
    }
    const { runNetworkTraining } = await import('./network-training/run-network-training.js');
    return await runNetworkTraining(engine.training, task, context).catch((error: unknown) =>
      forgetLost(task.engine, error),
    );
  } finally {
    task.feed.close();
  }
}

/** An engine whose device is gone never works again: the next task starts it anew, on a new device. */
function forgetLost(engine: EngineName, error: unknown): never {
  if (error instanceof GelqlError && error.code === 'DEVICE_LOST') engines.delete(engine);
  throw error;
}

function useEngine(name: EngineName): Promise<WorkerEngine> {
  const started = engines.get(name) ?? startEngine(name, options);
  engines.set(name, started);
  // A failed start is forgotten: what was missing may be there the next time.
  started.catch(() => engines.delete(name));
  return started;
}
