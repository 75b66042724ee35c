import { MINIATURE_SIDE, type MiniatureWindow } from './miniature.js';

/** Windows have at least this many pixels a side. */
export const SMALLEST_WINDOW = 44;
/** Bits after the point of a cosine: 64 products with 8-bit pixels stay below 2^28, 64 of those with a cosine below 2^48. */
const PRECISION = 14;
const FREQUENCIES = 16;

/**
 * For each window side, [16 * side]: row u holds round(2^14 cos(pi u (2 x + 1) / (2 side))). All sums of integers are
 * exact, so no order of additions and no platform's cosine shows in the signs.
 */
const COSINES = Array.from({ length: MINIATURE_SIDE + 1 }, (_, side) =>
  side < SMALLEST_WINDOW ? new Int32Array(0) : cosinesOf(side),
);

function cosinesOf(side: number): Int32Array {
  return Int32Array.from({ length: FREQUENCIES * side }, (_, at) => {
    const [u, x] = [Math.floor(at / side), at % side];
    return Math.round(2 ** PRECISION * Math.cos((Math.PI * u * (2 * x + 1)) / (2 * side)));
  });
}

/**
 * Cosine sums along the rows, unscaled: for each miniature row the frequencies 0..`count`-1 of its pixels from `left` to
 * `right`. Cosines are even or odd about the middle, so each row is folded first, which saves half of the products; two
 * frequencies at a time share the reading of a folded row.
 * @param count a multiple of 4, as for the whole file
 * @returns [64 * count]
 */
export function transformRows(
  miniature: Uint8Array,
  left: number,
  right: number,
  count: number,
): Float64Array {
  const side = right - left;
  const cosines = COSINES[side]!;
  const half = side >> 1;
  const reach = side - half;
  const rows = new Float64Array(MINIATURE_SIDE * count);
  const even = new Int32Array(reach);
  const odd = new Int32Array(reach);
  for (let y = 0; y < MINIATURE_SIDE; y++) {
    const first = y * MINIATURE_SIDE + left;
    const last = first + side - 1;
    for (let x = 0; x < half; x++) {
      const near = miniature[first + x]!;
      const far = miniature[last - x]!;
      even[x] = near + far;
      odd[x] = near - far;
    }
    if (reach > half) even[half] = miniature[first + half]!;
    for (let u = 0; u < count; u += u & 1 ? 3 : 1) {
      const folded = u & 1 ? odd : even;
      let sum0 = 0;
      let sum2 = 0;
      for (let x = 0, at0 = u * side, at2 = at0 + 2 * side; x < reach; x++, at0++, at2++) {
        const value = folded[x]!;
        sum0 += value * cosines[at0]!;
        sum2 += value * cosines[at2]!;
      }
      rows[y * count + u] = sum0;
      rows[y * count + u + 2] = sum2;
    }
  }
  return rows;
}

/**
 * The second half of the transform: what transformRows gave, summed down the columns from `top` to `bottom`. Unscaled
 * whole numbers, exact. Four columns at a time share the reading of the cosines.
 * @returns [count * count], index v * count + u with v the frequency from top to bottom
 */
export function transformColumns(
  rows: Float64Array,
  top: number,
  bottom: number,
  count: number,
): Float64Array {
  const side = bottom - top;
  const cosines = COSINES[side]!;
  const sums = new Float64Array(count * count);
  for (let v = 0; v < count; v++) {
    for (let u = 0; u < count; u += 4) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let y = 0, at = top * count + u; y < side; y++, at += count) {
        const cosine = cosines[v * side + y]!;
        sum0 += rows[at]! * cosine;
        sum1 += rows[at + 1]! * cosine;
        sum2 += rows[at + 2]! * cosine;
        sum3 += rows[at + 3]! * cosine;
      }
      sums[v * count + u] = sum0;
      sums[v * count + u + 1] = sum1;
      sums[v * count + u + 2] = sum2;
      sums[v * count + u + 3] = sum3;
    }
  }
  return sums;
}

/**
 * Low frequencies of the orthonormal DCT-II of a window, in grey levels: a cosine of amplitude a gives about a * side / 2.
 * @param count frequencies in each direction, 1..16
 * @returns [count * count], as transformColumns
 */
export function lowFrequencies(
  miniature: Uint8Array,
  { left, top, right, bottom }: MiniatureWindow,
  count: number,
): Float64Array {
  const rows = transformRows(miniature, left, right, count);
  return scaleFrequencies(transformColumns(rows, top, bottom, count), right - left, bottom - top, count);
}

/** From unscaled sums to orthonormal coefficients, in place. */
export function scaleFrequencies(
  sums: Float64Array,
  width: number,
  height: number,
  count: number,
): Float64Array {
  const perSum = Math.sqrt(4 / (width * height)) / 2 ** (2 * PRECISION);
  for (let v = 0; v < count; v++) {
    for (let u = 0; u < count; u++) {
      const edges = (u === 0 ? Math.SQRT1_2 : 1) * (v === 0 ? Math.SQRT1_2 : 1);
      sums[v * count + u]! *= perSum * edges;
    }
  }
  return sums;
}
