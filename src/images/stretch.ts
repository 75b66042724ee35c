import { percentiles } from './facts/percentiles.js';
import type { GreyRaster, RasterRecipe } from '../words/picture.js';

/** The values that become 0 and 255. */
export interface StretchWindow {
  low: number;
  high: number;
}

/** The stretch takes 0.1 % to 99.9 %, as gel analysis software does; the median tells the polarity. In thousandths. */
export const STRETCH_LOW_PERMILLE = 1;
export const MEDIAN_PERMILLE = 500;
export const STRETCH_HIGH_PERMILLE = 999;

/**
 * Windows narrower than this share of the signal range are widened upwards: the contrast is raised 50 times at most, so
 * that the noise of an empty frame does not become a picture.
 */
export const MINIMUM_WINDOW = 0.02;

/** Ceilings of 10, 12, 14 and 16-bit cameras. */
const CAMERA_CEILINGS = [1023, 4095, 16383, 65535];

/** The lowest camera ceiling that holds a value of a 16-bit container; most containers are only partly used. */
export function cameraCeiling(value: number): number {
  return CAMERA_CEILINGS.find((ceiling) => ceiling >= value) ?? 65535;
}

/**
 * The range that the signal could fill: 255 for 8-bit pictures, the camera ceiling over the window for 16-bit ones, the
 * window's larger magnitude for float, which has no ceiling.
 */
export function signalRange(pixels: GreyRaster['pixels'], { low, high }: StretchWindow): number {
  if (pixels instanceof Uint8Array) return 255;
  if (pixels instanceof Uint16Array) return cameraCeiling(high);
  return Math.max(Math.abs(low), Math.abs(high));
}

/**
 * The raster on 8 bits, same order of pixels. `gel-v1` maps the window to 0..255 from full depth, rounding to nearest;
 * `reference-v1` keeps 8-bit values and takes the upper byte of 16-bit ones, as OpenCV does. Float pictures have no
 * reference (OpenCV's greyscale reader refuses them), so both recipes stretch them.
 * @param window values at percentiles 0.1 and 99.9, where they are known already
 */
export function toEightBit(
  { pixels }: GreyRaster,
  recipe: RasterRecipe,
  window: StretchWindow = findWindow(pixels),
): Uint8Array {
  if (pixels instanceof Float32Array) return stretchFloat(pixels, widen(pixels, window));
  if (recipe === 'reference-v1') return pixels instanceof Uint8Array ? pixels : upperBytes(pixels);
  return stretchInteger(pixels, widen(pixels, window));
}

function findWindow(pixels: GreyRaster['pixels']): StretchWindow {
  const [low, high] = percentiles(pixels, [STRETCH_LOW_PERMILLE, STRETCH_HIGH_PERMILLE]);
  return { low: low!, high: high! };
}

function widen(pixels: GreyRaster['pixels'], window: StretchWindow): StretchWindow {
  const narrowest = signalRange(pixels, window) * MINIMUM_WINDOW;
  return { low: window.low, high: Math.max(window.high, window.low + narrowest) };
}

function upperBytes(pixels: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = pixels[i]! >> 8;
  return bytes;
}

function stretchInteger(pixels: Uint8Array | Uint16Array, window: StretchWindow): Uint8Array {
  const values = Float64Array.from(
    { length: pixels instanceof Uint8Array ? 256 : 65536 },
    (_, value) => value,
  );
  const table = stretchFloat(values, window);
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = table[pixels[i]!]!;
  return bytes;
}

function stretchFloat(values: Float32Array | Float64Array, { low, high }: StretchWindow): Uint8Array {
  const bytes = new Uint8Array(values.length);
  // All values are equal and zero: there is nothing to stretch.
  if (high === low) return bytes;
  for (let i = 0; i < bytes.length; i++) {
    const value = ((values[i]! - low) * 255) / (high - low) + 0.5;
    bytes[i] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
  return bytes;
}
