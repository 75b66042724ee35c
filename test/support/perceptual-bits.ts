import type { GreyRaster } from '../../src/images/picture.js';

const SIDE = 32;
const KEPT = 8;

/** 63 bits: signs of the low frequencies (8 x 8 of a 32 x 32 cosine transform, without the mean) against their median. */
export function hashPerceptually(raster: GreyRaster): boolean[] {
  const small = shrink(raster);
  const terms: number[] = [];
  for (let v = 0; v < KEPT; v += 1) {
    for (let u = 0; u < KEPT; u += 1) if (u + v > 0) terms.push(transform(small, u, v));
  }
  const median = [...terms].sort((low, high) => low - high)[31] ?? 0;
  return terms.map((term) => term > median);
}

export function countDifferences(left: readonly boolean[], right: readonly boolean[]): number {
  return left.filter((bit, index) => bit !== right[index]).length;
}

/** Box means. // [32 * 32] */
function shrink({ width, height, pixels }: GreyRaster): number[] {
  const sums = new Array<number>(SIDE * SIDE).fill(0);
  const counts = new Array<number>(SIDE * SIDE).fill(0);
  for (let y = 0; y < height; y += 1) {
    const row = (((y * SIDE) / height) | 0) * SIDE;
    for (let x = 0; x < width; x += 1) {
      const cell = row + (((x * SIDE) / width) | 0);
      sums[cell] = (sums[cell] ?? 0) + (pixels[y * width + x] ?? 0);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }
  return sums.map((sum, cell) => sum / (counts[cell] ?? 1));
}

/** WAVES[u][x] = cos((2x + 1) u pi / 64). */
const WAVES = Array.from({ length: KEPT }, (_row, u) =>
  Array.from({ length: SIDE }, (_column, x) => Math.cos(((2 * x + 1) * u * Math.PI) / (2 * SIDE))),
);

function transform(small: readonly number[], u: number, v: number): number {
  let sum = 0;
  for (let cell = 0; cell < small.length; cell += 1) {
    sum += (small[cell] ?? 0) * (WAVES[u]?.[cell % SIDE] ?? 0) * (WAVES[v]?.[(cell / SIDE) | 0] ?? 0);
  }
  return sum;
}
