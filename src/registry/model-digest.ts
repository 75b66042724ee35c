import { createHash } from 'node:crypto';
import type { FeaturePoint } from '../words/architecture.js';
import type { RasterRecipe } from '../words/picture.js';

/** Everything that an answer follows from besides the picture. */
export interface ModelParts {
  backboneSha256: string;
  /** SHA-256 of the backbone tensors that training moved; null where it moved none. */
  tunedSha256: string | null;
  featurePoint: FeaturePoint;
  headSha256: string;
  classes: readonly string[];
  recipe: RasterRecipe;
  mean: readonly number[];
  standardDeviation: readonly number[];
  /** What the logits are divided by before the softmax; 1 where no calibration is applied. */
  temperature: number;
}

/**
 * SHA-256, hex, over the parts in a fixed order: none of them can be exchanged without the digest showing it. A model
 * without calibration or tuned weights keeps the digest that it had before there were any.
 */
export function modelDigest(parts: ModelParts): string {
  const { backboneSha256, featurePoint, headSha256, classes, recipe, mean, standardDeviation } = parts;
  const bound = [backboneSha256, featurePoint, headSha256, classes, recipe, mean, standardDeviation];
  return createHash('sha256')
    .update(JSON.stringify(versioned(bound, parts)))
    .digest('hex');
}

function versioned(bound: unknown[], { temperature, tunedSha256 }: ModelParts): unknown[] {
  if (tunedSha256 !== null) return ['gelql-model-digest/3', ...bound, temperature, tunedSha256];
  if (temperature !== 1) return ['gelql-model-digest/2', ...bound, temperature];
  return ['gelql-model-digest/1', ...bound];
}
