import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import type { TrainingPlan } from './plan-training.js';

/** Pictures that are timed, one by one. */
const TIMED_PICTURES = 8;
/** How long a measurement holds: the machine may be busier or calmer later. */
const HOLDS_MS = 5 * 60_000;

/**
 * How long a backbone takes for one picture alone. It is the same for every head on it, and measuring it takes longer than
 * training a small head: the runs of a sweep share one measurement.
 */
export interface BackboneTimes {
  /** @returns seconds from network input to features, mean over up to 8 pictures of the run */
  measure(plan: TrainingPlan, signal: AbortSignal): Promise<number>;
}

export function createBackboneTimes(services: {
  config: Config;
  database: DatabaseScope;
  compute: Compute;
}): BackboneTimes {
  const measured = new Map<string, { seconds: number; atMs: number }>();
  return {
    async measure(plan, signal) {
      const { backbone, featureEngine } = plan;
      // Moved weights compute as fast as those that they were.
      const key = [backbone.sha256, backbone.featurePoint, featureEngine].join(' ');
      const known = measured.get(key);
      if (known !== undefined && performance.now() - known.atMs < HOLDS_MS) return known.seconds;
      const seconds = await timeBackbone(services, plan, signal);
      measured.set(key, { seconds, atMs: performance.now() });
      return seconds;
    },
  };
}

async function timeBackbone(
  { config, database, compute }: { config: Config; database: DatabaseScope; compute: Compute },
  { split, configuration, backbone, featureEngine, pictureAt }: TrainingPlan,
  signal: AbortSignal,
): Promise<number> {
  const timed = [...split.test, ...split.fitted].slice(0, TIMED_PICTURES);
  let totalMs = 0;
  for (const index of timed) {
    const { inputs } = await compute.prepareImage(
      {
        bytes: await loadArtifact(database, pictureAt(index).sha256),
        page: null,
        recipe: configuration.recipe,
        views: 1,
        maxPixels: config.maxPixels,
      },
      { lane: 'training', signal },
    );
    const { inferMs } = await compute.extractFeatures(
      { engine: featureEngine, backbone, inputs, count: 1, lastMaps: false },
      { lane: 'training', signal },
    );
    totalMs += inferMs;
  }
  return totalMs / timed.length / 1000;
}
