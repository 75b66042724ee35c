import { blurPlane } from './blur-plane.js';
import { createPlane, sampleBilinear, type Plane } from './plane.js';
import { type RandomDraws } from './random-draws.js';

const COARSENESS = 16;

/**
 * A slowly varying field, about normal with mean 0 and standard deviation 1. It is made at 1/16 of the resolution:
 * at full resolution this one field would cost more than the rest of the picture.
 * @param sigma how far the field is blurred, in pixels of the full picture
 */
export function makeLowPassField(random: RandomDraws, width: number, height: number, sigma: number): Plane {
  const coarse = createPlane(Math.ceil(width / COARSENESS) + 2, Math.ceil(height / COARSENESS) + 2);
  for (let index = 0; index < coarse.values.length; index += 1) coarse.values[index] = random.normal();
  blurPlane(coarse, sigma / COARSENESS);
  standardise(coarse.values);
  return coarse;
}

/** Value of the coarse field at a pixel of the full picture. */
export function readField(field: Plane, x: number, y: number): number {
  return sampleBilinear(field, x / COARSENESS + 0.5, y / COARSENESS + 0.5);
}

function standardise(values: Float32Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const scale = 1 / Math.sqrt(variance || 1);
  for (let index = 0; index < values.length; index += 1) {
    values[index] = ((values[index] ?? 0) - mean) * scale;
  }
}
