import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { Database } from '../db/client.js';
import type { TensorMap } from '../networks/architecture.js';
import { applyHead, softmax } from '../networks/heads.js';
import type { TrainingPlan } from './plan-training.js';

/** Pictures that are timed, one by one. */
const TIMED_PICTURES = 8;

/** @returns seconds from network input to probabilities of one picture alone, mean over up to 8 pictures of the run */
export async function timeInference(
  { database, compute, config }: { config: Config; database: Database; compute: Compute },
  plan: TrainingPlan,
  head: TensorMap,
  signal: AbortSignal,
): Promise<number> {
  const timed = [...plan.split.test, ...plan.split.fitted].slice(0, TIMED_PICTURES);
  let totalMs = 0;
  for (const index of timed) {
    const picture = await compute.prepareImage(
      {
        bytes: await loadArtifact(database, plan.pictureAt(index).sha256),
        page: null,
        recipe: plan.configuration.recipe,
        views: 1,
        maxPixels: config.maxPixels,
      },
      { lane: 'training', signal },
    );
    const batch = await compute.extractFeatures(
      {
        engine: plan.featureEngine,
        backbone: plan.backbone,
        inputs: picture.inputs,
        count: 1,
        lastMaps: false,
      },
      { lane: 'training', signal },
    );
    const headStartedAt = performance.now();
    softmax(applyHead(head, batch.features, 1), 1);
    totalMs += batch.inferMs + performance.now() - headStartedAt;
  }
  return totalMs / timed.length / 1000;
}
