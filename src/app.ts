import { createAdmission } from './serving/admission.js';
import { createAnswerStore } from './receipts/answer-store.js';
import type { ClassificationServices } from './classification/answer-picture.js';
import type { ImportServices } from './serving/import-model.js';
import { createFeatureService } from './serving/feature-service.js';
import { warmModel } from './serving/probe-model.js';
import { createServedModels } from './serving/served-models.js';
import { createShadow } from './classification/shadow.js';
import type { Loss } from './compute/batching/batcher.js';
import { createCompute, type ComputeEntries } from './compute/create-compute.js';
import type { Device } from './words/device.js';
import type { Config } from './config.js';
import { GelqlError } from './errors.js';
import type { Logger } from './logger.js';
import { createMetrics, type Metrics } from './metrics.js';
import { createBestModels, type BestModels } from './comparison/best-models.js';
import { restoreTunedWeights } from './registry/model-backbone.js';
import { createNetworkFiles } from './exports/network-files.js';
import { openRegistry } from './registry/open-registry.js';
import { createChartRenderer, type ChartRenderer } from './reports/chart-renderer.js';
import { createThumbnails, type Thumbnails } from './reports/thumbnails.js';
import { createBackboneTimes } from './training/backbone-times.js';
import { createDatabaseCheckpoints } from './runs/checkpoints/database-checkpoints.js';
import { createFeatureCache } from './features/feature-cache.js';
import { createRunAnnouncements, type RunAnnouncements } from './runs/run-announcements.js';
import { createRunQueue, type RunQueue } from './runs/run-queue.js';
import type { TrainingServices } from './training/training-job.js';
import { createTrainingWorker } from './training/training-worker.js';
import { warmUpTraining } from './training/warm-up-training.js';
import type { WorkerRow } from './runs/workers.js';

/** Everything that the edge needs, made once and passed as an argument. */
export interface App extends ClassificationServices, TrainingServices, ImportServices {
  metrics: Metrics;
  queue: RunQueue;
  bestModels: BestModels;
  charts: ChartRenderer;
  thumbnails: Thumbnails;
  announcements: RunAnnouncements;
  /** Takes queued runs from now on, of all devices that this machine has where none is named; see TrainingWorker. */
  startTrainingWorker(devices?: readonly Device[]): Promise<WorkerRow | null>;
  /** Why this process should get no requests; empty when it can serve. */
  problems(): Promise<string[]>;
  /** From now on `/ready` says that this process should get no requests; it still answers those that come. */
  beginStop(): void;
  isStopping(): boolean;
  /** Refuses new work, finishes what was accepted, stops running trainings (they go on at the next start), closes all. */
  close(): Promise<void>;
}

/**
 * The composition root. Opens and migrates the database, registers the shipped models, and starts nothing that listens.
 * @param options.isTraining runs will be trained here: the engine starts beside the opening of the database
 * @param options.entries of the compute threads, where they are not the package's own
 * @throws GelqlError DATABASE_*, CONFIGURATION_INVALID
 */
export async function createApp(
  config: Config,
  logger: Logger,
  { isTraining = false, entries = {} }: { isTraining?: boolean; entries?: ComputeEntries } = {},
): Promise<App> {
  const compute = createCompute(config, logger, entries);
  const closers: (() => Promise<void>)[] = [() => compute.close()];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) {
      await close().catch((error: unknown) => logger.error({ err: error }, 'closing'));
    }
  };
  try {
    if (isTraining) void warmUpTraining(compute, logger);
    const database = await openRegistry(config, logger);
    // The last one to be closed.
    closers.unshift(() => database.close());
    const admission = createAdmission(config);
    const metrics = createMetrics(() => admission.pending);
    const batches = {
      onBatch: (pictures: number) => metrics.observeBatch(pictures),
      onLoss: (loss: Loss) => metrics.countRetriedBatch(loss),
    };
    const features = createFeatureService(compute, batches, {
      maxDelayMs: config.maxDelayMs,
      restoreWeights: (backbone) => restoreTunedWeights(database, config, backbone),
    });
    closers.push(() => features.close());
    const charts = createChartRenderer(config, logger);
    closers.push(() => charts.close());
    const announcements = createRunAnnouncements(database, logger);
    closers.push(() => announcements.close());
    const bestModels = createBestModels(database);
    const servedModels = await createServedModels({
      config,
      database,
      compute,
      bestModels,
      logger,
      warm: (model) => warmModel({ features }, model),
    });
    closers.push(() => servedModels.close());
    const shadow = createShadow(database, logger);
    closers.push(() => shadow.settle());
    const queue = await createRunQueue(database, logger, config);
    const services = {
      config,
      database,
      compute,
      features,
      answers: createAnswerStore(database),
      metrics,
      servedModels,
      shadow,
      networkFiles: createNetworkFiles(logger),
      featureCache: createFeatureCache({
        directory: config.featuresDir,
        maxBytes: config.featureCacheBytes,
      }),
      checkpoints: createDatabaseCheckpoints(database),
      backboneTimes: createBackboneTimes({ config, database, compute }),
      logger,
      queue,
    };
    const worker = createTrainingWorker(services);
    closers.push(() => queue.stop());
    let isStopping = false;
    return {
      ...services,
      admission,
      bestModels,
      charts,
      thumbnails: createThumbnails(services),
      announcements,
      startTrainingWorker: (devices) => worker.start(devices ?? null),
      isStopping: () => isStopping,
      beginStop: () => void (isStopping = true),
      async problems() {
        if (isStopping) return ['the server is stopping'];
        return servedModels.check().then(
          () => [],
          (error: unknown) => [error instanceof GelqlError ? error.message : 'the database does not answer'],
        );
      },
      async close() {
        isStopping = true;
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
