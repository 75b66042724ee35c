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
}

/** SHA-256, hex, over the parts in a fixed order: none of them can be exchanged without the digest showing it. */
export function modelDigest(parts: ModelParts): string {
  const { backboneSha256, featurePoint, headSha256, classes, recipe, mean, standardDeviation } = parts;
  const canonical = JSON.stringify([
    'gelql-model-digest/1',
    backboneSha256,
    featurePoint,
    headSha256,
    classes,
    recipe,
    mean,
    standardDeviation,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}
