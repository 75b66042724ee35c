import { createFeatureService, type BatchObserver } from '../../src/serving/feature-service.js';
import type { App } from '../../src/app.js';
import type { Compute } from '../../src/compute/protocol.js';
import { restoreTunedWeights } from '../../src/registry/model-backbone.js';

export interface Recorded {
  /** The same application, on the same threads. */
  app: App;
  /** Pictures of each batch that was executed. */
  batches: number[];
  /** Recipe of each picture that was decoded. */
  decoded: string[];
}

/** Notes what an application gives its compute threads to do. */
export function recordCompute(app: App): Recorded {
  const batches: number[] = [];
  const decoded: string[] = [];
  const observer: BatchObserver = {
    onBatch: (pictures) => app.metrics.observeBatch(pictures),
    onLoss: (loss) => app.metrics.countRetriedBatch(loss),
  };
  const compute: Compute = {
    ...app.compute,
    prepareImage: (task, options) => {
      decoded.push(task.recipe);
      return app.compute.prepareImage(task, options);
    },
    extractFeatures: (task, options) => {
      batches.push(task.count);
      return app.compute.extractFeatures(task, options);
    },
  };
  const features = createFeatureService(compute, observer, {
    maxDelayMs: app.config.maxDelayMs,
    restoreWeights: (backbone) => restoreTunedWeights(app.database, app.config, backbone),
  });
  return { app: { ...app, compute, features }, batches, decoded };
}
