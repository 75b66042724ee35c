import { lowFrequencies, transformColumns, transformRows } from './cosine-transform.js';
import type { PictureRelation } from '../../words/picture-relation.js';
import { MINIATURE_SIDE, WHOLE_MINIATURE, type MiniatureWindow } from './miniature.js';

/** Frequencies in each direction whose signs are the hash. */
const KEPT = 8;
/** A frequency of less than so many grey levels is taken for noise; as an amplitude it is an eighth of a level. */
const NOISE_LEVELS = 4;
/**
 * A picture with fewer frequencies above the noise, of 63, has no hash: the rest of its signs would be chance, and
 * ramps, halves or vignettes would all be copies of each other. Real pictures have 27 or more, such frames 4 to 22.
 */
const LEAST_STRUCTURE = 24;

/** Windows are cut in steps of so many miniature pixels (4.7 %), up to so many in each direction (18.8 %). */
const WINDOW_STEP = 3;
const WINDOW_REACH = 12;

/** A hash as two words of 32 bits, the first eight hexadecimal digits and the last. */
export interface HashWords {
  high: number;
  low: number;
}

/** Odd columns, and all but the mean, which has no sign. */
const ODD_COLUMNS = 0x55555555;
const ALL_HIGH = 0x7fffffff;

/**
 * The picture's perceptual hash: the signs of the 63 lowest frequencies (8 x 8 of the 64 x 64 DCT-II, without the mean) of
 * its miniature. Bit 63 - (8 v + u) is set where frequency u from left to right and v from top to bottom is positive.
 * Signs, not a comparison with the median: mirrored, turned and inverted pictures then have the same bits in other
 * places or flipped, and the copies among the published pictures differ in 7 bits at most, others in 13 and more,
 * against 8 and 12 with the median.
 * @param miniature [64 * 64]
 * @returns 16 hexadecimal digits; null where the picture has too little structure for the signs to mean anything
 */
export function hashMiniature(miniature: Uint8Array): string | null {
  const frequencies = lowFrequencies(miniature, WHOLE_MINIATURE, KEPT);
  const structure = frequencies.reduce(
    (count, value, index) => (index > 0 && Math.abs(value) >= NOISE_LEVELS ? count + 1 : count),
    0,
  );
  return structure < LEAST_STRUCTURE ? null : formatHash(signsOf(frequencies));
}

export function formatHash({ high, low }: HashWords): string {
  return [high, low].map((word) => word.toString(16).padStart(8, '0')).join('');
}

export function parseHash(hash: string): HashWords {
  return { high: Number.parseInt(hash.slice(0, 8), 16), low: Number.parseInt(hash.slice(8), 16) };
}

/** @returns 0..63 */
export function hashDistance(left: HashWords, right: HashWords): number {
  return countBits(left.high ^ right.high) + countBits(left.low ^ right.low);
}

/** Bits set in a word of 32, by adding neighbours (H. S. Warren, Hacker's Delight, 5-1). */
export function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  bits += bits >>> 8;
  return (bits + (bits >>> 16)) & 0x3f;
}

/**
 * The hash of the related picture. A mirror flips the signs of the odd columns, a quarter turn exchanges rows and columns
 * and flips the odd columns, an inversion flips all: exact but for frequencies that are zero.
 */
export function relateHash(words: HashWords, relation: PictureRelation): HashWords {
  let { high, low } = words;
  const flip = (maskHigh: number, maskLow: number) => {
    high = (high ^ maskHigh) >>> 0;
    low = (low ^ maskLow) >>> 0;
  };
  if (relation.isMirrored) flip(ODD_COLUMNS, ODD_COLUMNS);
  for (let turned = 0; turned < relation.turnedDegrees; turned += 90) {
    ({ high, low } = transpose({ high, low }));
    flip(ODD_COLUMNS, ODD_COLUMNS);
  }
  if (relation.isInverted) flip(ALL_HIGH, 0xffffffff);
  return { high, low };
}

/** Rows and columns of the 8 x 8 bits exchanged. */
function transpose(words: HashWords): HashWords {
  const isSet = (at: number) => ((at < 32 ? words.high : words.low) >>> (31 - (at % 32))) & 1;
  const word = (first: number) => {
    let bits = 0;
    for (let at = first; at < first + 32; at++) bits = (bits << 1) | isSet((at % 8) * 8 + (at >> 3));
    return bits >>> 0;
  };
  return { high: word(0), low: word(32) };
}

/** From where to where windows reach in one direction; the first is the whole side. */
const INTERVALS = intervals();

function intervals(): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let from = 0; from <= WINDOW_REACH; from += WINDOW_STEP) {
    for (let cut = 0; from + cut <= WINDOW_REACH; cut += WINDOW_STEP) {
      found.push({ from, to: MINIATURE_SIDE - cut });
    }
  }
  return found;
}

/** The parts of a picture that are hashed on their own, because somebody may have kept only that; the first is the whole. */
export const HASH_WINDOWS: readonly MiniatureWindow[] = INTERVALS.flatMap((across) =>
  INTERVALS.map((down) => ({ left: across.from, right: across.to, top: down.from, bottom: down.to })),
);

/**
 * The hashes of all HASH_WINDOWS of a picture.
 * @returns [225 * 2], high and low word in turn
 */
export function hashWindows(miniature: Uint8Array): Uint32Array {
  const hashes = new Uint32Array(HASH_WINDOWS.length * 2);
  let at = 0;
  for (const across of INTERVALS) {
    const rows = transformRows(miniature, across.from, across.to, KEPT);
    for (const down of INTERVALS) {
      const { high, low } = signsOf(transformColumns(rows, down.from, down.to, KEPT));
      hashes[at++] = high;
      hashes[at++] = low;
    }
  }
  return hashes;
}

/** @param frequencies [8 * 8], of any positive scale */
function signsOf(frequencies: Float64Array): HashWords {
  const word = (first: number) => {
    let bits = 0;
    for (let at = first; at < first + 32; at++) bits = (bits << 1) | (at > 0 && frequencies[at]! > 0 ? 1 : 0);
    return bits >>> 0;
  };
  return { high: word(0), low: word(32) };
}
