import type { GreyRaster } from './picture.js';

/** How often each value occurs: [256] for 8-bit pixels, [65536] for 16-bit ones. */
export function histogram(pixels: Uint8Array | Uint16Array): Uint32Array {
  const counts = new Uint32Array(pixels instanceof Uint8Array ? 256 : 65536);
  for (let i = 0; i < pixels.length; i++) counts[pixels[i]!]!++;
  return counts;
}

/**
 * Exact order statistics: for each of `permilles` (0..1000) the value of rank round(permille / 1000 * (n - 1)).
 * Linear time at every depth, no sorting. Float pixels must be finite.
 */
export function percentiles(pixels: GreyRaster['pixels'], permilles: readonly number[]): number[] {
  const ranks = permilles.map((permille) => Math.round((permille / 1000) * (pixels.length - 1)));
  if (pixels instanceof Float32Array) return floatOrderStatistics(pixels, ranks);
  const counts = histogram(pixels);
  return ranks.map((rank) => findRank(counts, rank).index);
}

/** The same from a histogram that is known already. */
export function histogramPercentiles(counts: Uint32Array, permilles: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return permilles.map((permille) => findRank(counts, Math.round((permille / 1000) * (total - 1))).index);
}

/** The bin that holds `rank`, counted from 0, and the rank inside that bin. */
function findRank(counts: Uint32Array, rank: number): { index: number; rankInside: number } {
  let rankInside = rank;
  let index = 0;
  while (index < counts.length - 1 && rankInside >= counts[index]!) rankInside -= counts[index++]!;
  return { index, rankInside };
}

/**
 * Two passes of a radix selection over the bit patterns: mapped so that they order like the numbers (negative ones have
 * all bits flipped, others the sign bit), the upper halves choose a bin, the lower halves the value inside it.
 */
function floatOrderStatistics(pixels: Float32Array, ranks: readonly number[]): number[] {
  const bits = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length);
  const upper = new Uint32Array(65536);
  for (let i = 0; i < bits.length; i++) upper[toOrdered(bits[i]!) >>> 16]!++;
  return ranks.map((rank) => {
    const { index: bin, rankInside } = findRank(upper, rank);
    const lower = new Uint32Array(65536);
    for (let i = 0; i < bits.length; i++) {
      const ordered = toOrdered(bits[i]!);
      if (ordered >>> 16 === bin) lower[ordered & 0xffff]!++;
    }
    return fromOrdered(((bin << 16) | findRank(lower, rankInside).index) >>> 0);
  });
}

function toOrdered(bits: number): number {
  return (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0;
}

function fromOrdered(ordered: number): number {
  const word = new Uint32Array([ordered & 0x80000000 ? ordered & 0x7fffffff : ~ordered]);
  return new Float32Array(word.buffer)[0]!;
}
