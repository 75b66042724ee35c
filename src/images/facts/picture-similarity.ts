import {
  lowFrequencies,
  scaleFrequencies,
  SMALLEST_WINDOW,
  transformColumns,
  transformRows,
} from './cosine-transform.js';
import { MINIATURE_SIDE, WHOLE_MINIATURE, type MiniatureWindow } from './miniature.js';

/** Frequencies in each direction that are compared: details down to an eighth of the side. */
const COMPARED = 16;
/** Grey levels at which a frequency counts half: below it is noise, above it exposure and gamma decide how strong it is. */
const HALF_LEVELS = 8;
/**
 * Pixels by which a border is moved in search of a better fit, coarse then fine, and how well it must fit by then: what
 * is worse will not become a copy, and most of what is tried is worse.
 */
const STEPS = [
  { pixels: 2, needed: 0.35 },
  { pixels: 1, needed: 0.5 },
];
const BORDERS = ['left', 'top', 'right', 'bottom'] as const;

export interface Alignment {
  /** -1..1; 1 for the same picture in any exposure. */
  similarity: number;
  /** The part of the whole that fits. */
  window: MiniatureWindow;
}

/** What a miniature is compared by: [16 * 16] compressed frequencies, 0 for the mean. */
export type Fingerprint = Float64Array;

/** @param miniature [64 * 64] */
export function fingerprintOf(miniature: Uint8Array): Fingerprint {
  return compress(lowFrequencies(miniature, WHOLE_MINIATURE, COMPARED));
}

/**
 * How well `part` fits into a window of `whole`: the correlation of their 255 lowest frequencies without the mean, each c
 * taken as c / (|c| + 8). Nearly a comparison of signs, so brightness, contrast and gamma hardly show, but what is
 * noise in one of them counts for nothing. Additions in a fixed order, no function but a root: equal on every machine.
 * @param whole [64 * 64]
 */
export function compareMiniatures(whole: Uint8Array, part: Fingerprint, window = WHOLE_MINIATURE): number {
  return createComparison(whole, part)(window);
}

/**
 * Moves the borders of the window, one after the other, for as long as that improves the fit; leaves off early where
 * there is no hope.
 */
export function alignMiniatures(whole: Uint8Array, part: Fingerprint, start: MiniatureWindow): Alignment {
  const compare = createComparison(whole, part);
  let best: Alignment = { similarity: compare(start), window: start };
  for (const { pixels, needed } of STEPS) {
    if (best.similarity < needed) break;
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const border of BORDERS) {
        for (const shift of [-pixels, pixels]) {
          const window = { ...best.window, [border]: best.window[border] + shift };
          if (!isInside(window)) continue;
          const similarity = compare(window);
          if (similarity <= best.similarity) continue;
          best = { similarity, window };
          isMoving = true;
        }
      }
    }
  }
  return best;
}

function isInside({ left, top, right, bottom }: MiniatureWindow): boolean {
  return (
    left >= 0 &&
    top >= 0 &&
    right <= MINIATURE_SIDE &&
    bottom <= MINIATURE_SIDE &&
    right - left >= SMALLEST_WINDOW &&
    bottom - top >= SMALLEST_WINDOW
  );
}

/** Keeps what one direction of the transform gave: most windows that are tried differ in the other. */
function createComparison(whole: Uint8Array, part: Fingerprint): (window: MiniatureWindow) => number {
  const rowsOf = new Map<number, Float64Array>();
  return ({ left, top, right, bottom }) => {
    const key = left * (MINIATURE_SIDE + 1) + right;
    const rows = rowsOf.get(key) ?? transformRows(whole, left, right, COMPARED);
    rowsOf.set(key, rows);
    const sums = transformColumns(rows, top, bottom, COMPARED);
    return correlate(compress(scaleFrequencies(sums, right - left, bottom - top, COMPARED)), part);
  };
}

function compress(frequencies: Float64Array): Float64Array {
  frequencies[0] = 0;
  for (let at = 1; at < frequencies.length; at++) {
    const value = frequencies[at]!;
    frequencies[at] = value / ((value < 0 ? -value : value) + HALF_LEVELS);
  }
  return frequencies;
}

/** 0 where one of them is empty. */
function correlate(left: Float64Array, right: Float64Array): number {
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let at = 0; at < left.length; at++) {
    product += left[at]! * right[at]!;
    leftSquares += left[at]! * left[at]!;
    rightSquares += right[at]! * right[at]!;
  }
  const norm = Math.sqrt(leftSquares * rightSquares);
  return norm > 0 ? product / norm : 0;
}
