import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { evaluate } from '../evaluation/metrics.js';
import { predictFromBrightness, predictFromMetadata } from '../evaluation/baselines.js';
import { applyHead, softmax } from '../networks/heads.js';
import type { TensorMap } from '../networks/architecture.js';
import { loadArtifact } from '../db/artifacts.js';
import type { TrainingPlan } from './plan-training.js';

/** Test pictures that are timed one by one. */
const TIMED_PICTURES = 8;

export interface TestScore {
  name: string;
  sha256: string;
  label: number;
  predicted: number;
  probabilities: number[];
  groupKey: string;
}

export interface EvaluatedHead {
  evaluation: Evaluation;
  scores: TestScore[];
  /** Seconds from network input to probabilities of one picture alone, mean over up to 8 test pictures. */
  inferenceTimeSecs: number;
}

/** Scores the head on the test pictures, beside rules that look at the file or at its brightness only. */
export async function evaluateHead(
  services: { config: Config; database: Database; compute: Compute },
  plan: TrainingPlan,
  head: TensorMap,
  testFeatures: Float32Array,
  signal: AbortSignal,
): Promise<EvaluatedHead> {
  const { split, images, dataset } = plan;
  const classCount = dataset.classes.length;
  const probabilities = softmax(applyHead(head, testFeatures, split.test.length), split.test.length);
  const scores = split.test.map((index, position): TestScore => {
    const row = [...probabilities.slice(position * classCount, (position + 1) * classCount)];
    return {
      name: images[index]?.name ?? '',
      sha256: plan.pictureAt(index).sha256,
      label: plan.labelAt(index),
      predicted: row.indexOf(Math.max(...row)),
      probabilities: row,
      groupKey: images[index]?.groupKey ?? '',
    };
  });
  const known = [...split.train, ...split.validation].flatMap((index) => {
    const image = images[index];
    return image === undefined ? [] : [{ facts: image.facts, label: image.label }];
  });
  const testFacts = split.test.flatMap((index) => images[index]?.facts ?? []);
  const evaluation = evaluate({
    classes: dataset.classes,
    labels: scores.map(({ label }) => label),
    probabilities: scores.map((score) => score.probabilities),
    groups: split.test.map((index) => images[index]?.groupKey ?? ''),
    seed: plan.configuration.seed,
    baselines: [
      { name: 'metadata-only', predicted: predictFromMetadata(known, testFacts, classCount) },
      { name: 'brightness-only', predicted: predictFromBrightness(known, testFacts, classCount) },
    ],
  });
  return { evaluation, scores, inferenceTimeSecs: await timeInference(services, plan, head, signal) };
}

async function timeInference(
  { database, compute, config }: { config: Config; database: Database; compute: Compute },
  plan: TrainingPlan,
  head: TensorMap,
  signal: AbortSignal,
): Promise<number> {
  const timed = plan.split.test.slice(0, TIMED_PICTURES);
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
  return timed.length === 0 ? 0 : totalMs / timed.length / 1000;
}
