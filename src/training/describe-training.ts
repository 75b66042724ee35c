import { at } from '../at.js';
import { setImmediate } from 'node:timers/promises';
import { leaveGroupOut, normaliseRows } from '../evaluation/novelty.js';
import { MINIATURE_PIXELS } from '../images/facts/miniature.js';
import { decodeToFloat32, encodeFloat32 } from '../networks/weights/number-formats.js';
import { encodeTrainingFeatures, keptFeatureCount } from '../registry/training-features.js';
import { firstViews } from './head-task.js';
import type { TrainingPlan } from './plan-training.js';

/** What is asked of a plan. */
export interface TrainingToDescribe extends Pick<TrainingPlan, 'images' | 'backbone' | 'featureViews'> {
  /** [pictures of the data set, 64, 64] */
  miniatures: Uint8Array;
  split: Pick<TrainingPlan['split'], 'fitted'>;
}

/**
 * What a model keeps of the pictures that it was trained on, validation included: features of the unchanged view, how far
 * each lies from the others, and what the pictures are recognised by. Of many pictures evenly spread ones keep features
 * and miniatures.
 * @param features as fitHead takes them
 * @returns the file that `decodeTrainingFeatures` reads
 */
export async function describeTraining(
  plan: TrainingToDescribe,
  features: Float32Array,
): Promise<Uint8Array> {
  const { split, images, backbone } = plan;
  const { featureSize: size } = backbone;
  const count = split.fitted.length;
  const kept = spread(keptFeatureCount(count, size), count);
  const chosen = new Set(kept);
  const others = split.fitted.map((_, row) => row).filter((row) => !chosen.has(row));
  const unit = normaliseRows(firstViews(plan, features, kept), size);
  // Measured on the numbers as they are stored.
  const stored = decodeToFloat32(encodeFloat32(unit, 'float16'), 'float16');
  const imageAt = (row: number) => at(images, at(split.fitted, row));
  const distances = await leaveGroupOut(
    { features: stored, size, labels: kept.map((row) => imageAt(row).label) },
    kept.map((row) => imageAt(row).groupKey),
    () => setImmediate(),
  );
  const pictures = [...kept, ...others].flatMap((row) => {
    const image = imageAt(row);
    if (image === undefined) return [];
    const { name, sha256, label, facts } = image;
    const { rasterSha256, perceptualHash } = facts;
    return [{ name, sha256, label, rasterSha256, perceptualHash }];
  });
  const miniatures = pickMiniatures(
    plan.miniatures,
    kept.map((row) => imageAt(row).position),
  );
  return encodeTrainingFeatures({ features: stored, size, distances, miniatures, pictures });
}

/** @returns [positions, 64, 64] */
function pickMiniatures(miniatures: Uint8Array, positions: readonly number[]): Uint8Array {
  const picked = new Uint8Array(positions.length * MINIATURE_PIXELS);
  positions.forEach((position, index) => {
    const start = position * MINIATURE_PIXELS;
    picked.set(miniatures.subarray(start, start + MINIATURE_PIXELS), index * MINIATURE_PIXELS);
  });
  return picked;
}

/** @returns `kept` positions of `count`, in order, at equal distances */
function spread(kept: number, count: number): number[] {
  return Array.from({ length: kept }, (_, index) => Math.floor((index * count) / kept));
}
