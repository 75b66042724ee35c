import { createHash } from 'node:crypto';
import type { FeaturePoint } from '../networks/architecture.js';
import type { RasterRecipe } from '../images/picture.js';

/** Everything that an answer follows from besides the picture. */
export interface ModelParts {
  backboneSha256: string;
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
 * without calibration keeps the digest that it had before there was any.
 */
export function modelDigest(parts: ModelParts): string {
  const { backboneSha256, featurePoint, headSha256, classes, recipe, mean, standardDeviation, temperature } =
    parts;
  const bound = [backboneSha256, featurePoint, headSha256, classes, recipe, mean, standardDeviation];
  const canonical = JSON.stringify(
    temperature === 1 ? ['gelql-model-digest/1', ...bound] : ['gelql-model-digest/2', ...bound, temperature],
  );
  return createHash('sha256').update(canonical).digest('hex');
}
