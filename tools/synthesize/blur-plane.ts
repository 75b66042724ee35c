import { type Plane } from './plane.js';

/** Gaussian blur in place, separable, cut at three standard deviations; the border repeats outwards. */
export function blurPlane(plane: Plane, sigma: number): void {
  if (sigma < 0.2) return;
  const kernel = gaussianKernel(sigma);
  blurLines(plane.values, plane.height, plane.width, plane.width, 1, kernel);
  blurLines(plane.values, plane.width, plane.height, 1, plane.width, kernel);
}

/** Weights of one side, the centre first; all of them together sum to 1. */
function gaussianKernel(sigma: number): number[] {
  const radius = Math.max(1, Math.ceil(sigma * 3));
  const weights = Array.from({ length: radius + 1 }, (_, offset) =>
    Math.exp((-offset * offset) / (2 * sigma * sigma)),
  );
  const total = weights.reduce((sum, weight, offset) => sum + (offset === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / total);
}

function blurLines(
  values: Float32Array,
  lines: number,
  length: number,
  lineStride: number,
  step: number,
  kernel: number[],
): void {
  const radius = kernel.length - 1;
  const padded = new Float64Array(length + 2 * radius);
  for (let line = 0; line < lines; line += 1) {
    const start = line * lineStride;
    padded.fill(values[start] ?? 0, 0, radius);
    for (let place = 0; place < length; place += 1)
      padded[radius + place] = values[start + place * step] ?? 0;
    padded.fill(values[start + (length - 1) * step] ?? 0, radius + length);
    for (let place = 0; place < length; place += 1) {
      let sum = (padded[place + radius] ?? 0) * (kernel[0] ?? 0);
      for (let offset = 1; offset <= radius; offset += 1) {
        const pair = (padded[place + radius - offset] ?? 0) + (padded[place + radius + offset] ?? 0);
        sum += pair * (kernel[offset] ?? 0);
      }
      values[start + place * step] = sum;
    }
  }
}
