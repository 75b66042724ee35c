import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCompute } from '../../src/compute/create-compute.js';
import type { Compute } from '../../src/compute/protocol.js';
import type { EngineName } from '../../src/words/device.js';
import { readConfig, type Config } from '../../src/config.js';
import type { Database } from '../../src/db/client.js';
import type { DatasetRow } from '../../src/datasets/datasets.js';
import { registerDataset } from '../../src/datasets/register-dataset.js';
import { scanFolder } from '../../src/datasets/scan-folder.js';
import { DEFAULT_RECIPE } from '../../src/words/picture.js';
import { createLogger } from '../../src/logger.js';
import { executeRun } from '../../src/training/execute-run.js';
import { createBackboneTimes } from '../../src/training/backbone-times.js';
import { createDatabaseCheckpoints } from '../../src/runs/checkpoints/database-checkpoints.js';
import { createFeatureCache } from '../../src/features/feature-cache.js';
import { createRunQueue, type RunQueue } from '../../src/runs/run-queue.js';
import { startTraining, type StartTrainingRequest } from '../../src/training/start-training.js';
import type { TrainingServices } from '../../src/training/training-job.js';
import { codeVersion } from '../../src/runs/code-version.js';
import { findRun, type TrainingRunRow } from '../../src/runs/training-runs.js';
import { registerListedWorker } from './listed-worker.js';
import { writePatterns } from './patterns.js';

export { drawPattern, patternNames, writePatterns, type Pattern } from './patterns.js';

export const FAST_BACKBONE = 'mobilenet_v3_large-gelql-1';

/** Everything that training needs, real, over a given database; its own feature cache, the machine's engines. */
export interface TrainingWorld {
  services: TrainingServices & { queue: RunQueue };
  importPatterns(
    names: readonly string[],
    options?: { name?: string; groups?: ReadonlyMap<string, string> },
  ): Promise<DatasetRow>;
  /** Queues a run on the fast backbone, or takes one that does the same. */
  start(request: StartTrainingRequest): Promise<TrainingRunRow>;
  /** Takes runs from now on. */
  work(): Promise<void>;
  waitFor(runId: string, isReached: (run: TrainingRunRow) => boolean): Promise<TrainingRunRow>;
  /** Queues a run and waits for its end. */
  train(request: StartTrainingRequest): Promise<TrainingRunRow>;
  close(): Promise<void>;
}

export const hasEnded = ({ state }: TrainingRunRow): boolean => !['QUEUED', 'RUNNING'].includes(state);

/** @param options.compute threads that another world has started; they stay open */
export async function openTrainingWorld(
  database: Database,
  options: { engine?: EngineName; compute?: Compute } = {},
): Promise<TrainingWorld> {
  const root = await mkdtemp(join(tmpdir(), 'gelql-training-'));
  const config: Config = {
    ...readConfig({
      GELQL_DATA_DIR: join(root, 'data'),
      GELQL_CACHE_DIR: readConfig({}).cacheDir,
      GELQL_THREADS: '2',
      GELQL_ENGINE: options.engine,
    }),
    featuresDir: join(root, 'features'),
  };
  const logger = createLogger('silent');
  const compute = options.compute ?? createCompute(config, logger);
  const queue = await createRunQueue(database, logger, config);
  const featureCache = createFeatureCache({
    directory: config.featuresDir,
    maxBytes: config.featureCacheBytes,
  });
  const backboneTimes = createBackboneTimes({ config, database, compute });
  const checkpoints = createDatabaseCheckpoints(database);
  const services = { config, database, compute, featureCache, checkpoints, backboneTimes, logger, queue };

  const world: TrainingWorld = {
    services,
    async importPatterns(names, { name = `patterns-${randomUUID()}`, groups } = {}) {
      const directory = join(root, name);
      await writePatterns(directory, names);
      const { dataset } = await registerDataset(database, {
        name,
        source: name,
        ...(await scanFolder(directory)),
        groups,
        decode: (bytes) => {
          const task = { bytes, page: null, recipe: DEFAULT_RECIPE, views: 1, maxPixels: config.maxPixels };
          return compute.prepareImage(task, { lane: 'training' });
        },
      });
      return dataset;
    },
    async start(request) {
      return (await startTraining(services, { backboneId: FAST_BACKBONE, ...request })).run;
    },
    async work() {
      const engine = await compute.chooseTrainingEngine('CPU', { inside: false });
      const worker = await registerListedWorker(database, {
        engines: { CPU: engine },
        codeVersion: await codeVersion(),
      });
      await queue.work(worker, (runId, signal) => executeRun(services, runId, signal, worker.id));
    },
    async waitFor(runId, isReached) {
      for (;;) {
        const run = await findRun(database, runId);
        if (run === null) throw new Error(`There is no run ${runId}.`);
        if (isReached(run)) return run;
        if (hasEnded(run)) throw new Error(`The run ended: ${run.state} ${JSON.stringify(run.error)}`);
        await delay(20);
      }
    },
    async train(request) {
      const { id } = await world.start(request);
      return world.waitFor(id, hasEnded);
    },
    async close() {
      await queue.stop();
      if (options.compute === undefined) await compute.close();
      await rm(root, { recursive: true, force: true });
    },
  };
  return world;
}
