import { clampUnit, mapPlane, type Plane } from './plane.js';

const BINS = 1024;

/**
 * Stretches and shifts the values (0..1) until their mean and standard deviation after clipping come close to the
 * targets. The targets are drawn from one distribution for both classes: brightness cannot tell them apart.
 */
export function matchTone(plane: Plane, meanTarget: number, deviationTarget: number): void {
  const { gain, offset } = solveTone(countBins(plane), plane.values.length, meanTarget, deviationTarget);
  mapPlane(plane, (value) => clampUnit(value * gain + offset));
}

function countBins(plane: Plane): Float64Array {
  const counts = new Float64Array(BINS);
  for (const value of plane.values) {
    const bin = (value * (BINS - 1) + 0.5) | 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/** Fixed-point iteration: clipping makes the problem non-linear, a few dozen damped steps settle it. */
function solveTone(
  counts: Float64Array,
  total: number,
  meanTarget: number,
  deviationTarget: number,
): { gain: number; offset: number } {
  let gain = 1;
  let offset = 0;
  for (let step = 0; step < 40; step += 1) {
    const { mean, deviation } = describe(counts, total, gain, offset);
    const change = (deviationTarget / Math.max(deviation, 1e-4)) ** 0.7;
    const nextGain = Math.min(40, Math.max(0.02, gain * change));
    // Turns about the present mean, so that a change of gain does not move it.
    offset = mean + (offset - mean) * (nextGain / gain) + 0.8 * (meanTarget - mean);
    gain = nextGain;
  }
  return { gain, offset };
}

function describe(
  counts: Float64Array,
  total: number,
  gain: number,
  offset: number,
): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const value = clampUnit((bin / (BINS - 1)) * gain + offset);
    sum += (counts[bin] ?? 0) * value;
    squares += (counts[bin] ?? 0) * value * value;
  }
  const mean = sum / total;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / total - mean * mean)) };
}
