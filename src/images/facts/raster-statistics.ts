import { histogram, histogramPercentiles, percentiles } from './percentiles.js';
import type { GreyRaster, Polarity } from '../../words/picture.js';
import {
  cameraCeiling,
  MEDIAN_PERMILLE,
  MINIMUM_WINDOW,
  signalRange,
  STRETCH_HIGH_PERMILLE,
  STRETCH_LOW_PERMILLE,
} from '../stretch.js';

/** What the pixels say about the picture; the names are those of PictureFacts. */
export interface RasterStatistics {
  stretchLow: number;
  stretchHigh: number;
  saturatedFraction: number;
  meanGrey: number;
  standardDeviationGrey: number;
  polarityGuess: Polarity;
  /** Width of the stretch window over the range that the signal could fill, 0..2. */
  contrast: number;
  isBlank: boolean;
}

/** A grey level of an 8-bit picture, as a share of the range: below it a standard deviation is no structure. */
const ONE_LEVEL = 1 / 255;
/** A frame whose neighbouring pixels correlate less than this holds noise only. */
const NOISE_CORRELATION = 0.5;
/** Integer windows of one step hold a single tone or a mask, whatever their correlation. */
const SINGLE_TONE_STEPS = 1;
/** Position of the median in the window: below it light bands on a dark ground, above the mirrored value dark on light. */
const LIGHT_ON_DARK_BELOW = 0.4;

const PERMILLES = [STRETCH_LOW_PERMILLE, MEDIAN_PERMILLE, STRETCH_HIGH_PERMILLE];

interface Moments {
  low: number;
  median: number;
  high: number;
  mean: number;
  standardDeviation: number;
  /** Values that are black and white on the 0..255 scale of the facts. */
  black: number;
  white: number;
  saturatedFraction: number;
}

/**
 * Blank is a frame with nothing in it: the window spans less than 2 % of the signal range and the standard deviation is
 * under one grey level, and moreover it holds one tone, one step or noise. A faint real picture, be it of five counts, fails the last
 * condition, because its neighbouring pixels agree.
 */
export function measureRaster(raster: GreyRaster): RasterStatistics {
  const { pixels } = raster;
  const moments = pixels instanceof Float32Array ? measureFloat(pixels) : measureInteger(pixels);
  const { low, median, high, black, white } = moments;
  const range = signalRange(pixels, moments);
  const contrast = range === 0 ? 0 : (high - low) / range;
  const isFlat = contrast < MINIMUM_WINDOW && moments.standardDeviation <= ONE_LEVEL * range;
  const isSingleTone = high === low || (!(pixels instanceof Float32Array) && high - low <= SINGLE_TONE_STEPS);
  const perLevel = white > black ? 255 / (white - black) : 0;
  return {
    stretchLow: low,
    stretchHigh: high,
    saturatedFraction: moments.saturatedFraction,
    meanGrey: (moments.mean - black) * perLevel,
    standardDeviationGrey: moments.standardDeviation * perLevel,
    polarityGuess: guessPolarity(low, median, high),
    contrast,
    isBlank: isFlat && (isSingleTone || neighbourCorrelation(raster, low, high) < NOISE_CORRELATION),
  };
}

function guessPolarity(low: number, median: number, high: number): Polarity {
  const position = high > low ? (median - low) / (high - low) : 0.5;
  if (position < LIGHT_ON_DARK_BELOW) return 'LIGHT_ON_DARK';
  return position > 1 - LIGHT_ON_DARK_BELOW ? 'DARK_ON_LIGHT' : 'UNCERTAIN';
}

/** Everything from one histogram. A 16-bit picture saturates at its camera's ceiling: 4095 for 12 bits in 16. */
function measureInteger(pixels: Uint8Array | Uint16Array): Moments {
  const counts = histogram(pixels);
  const [low, median, high] = histogramPercentiles(counts, PERMILLES);
  const mean = weightedSum(counts, (value) => value) / pixels.length;
  const variance = weightedSum(counts, (value) => (value - mean) ** 2) / pixels.length;
  const ceiling = pixels instanceof Uint8Array ? 255 : cameraCeiling(counts.findLastIndex((n) => n > 0));
  return {
    low: low!,
    median: median!,
    high: high!,
    mean,
    standardDeviation: Math.sqrt(variance),
    black: 0,
    white: counts.length - 1,
    saturatedFraction: counts[ceiling]! / pixels.length,
  };
}

function weightedSum(counts: Uint32Array, weigh: (value: number) => number): number {
  return counts.reduce((sum, count, value) => (count === 0 ? sum : sum + count * weigh(value)), 0);
}

/** Float has no ceiling: values within 0..1 are taken as shares of white, others run from their minimum to their maximum. */
function measureFloat(pixels: Float32Array): Moments {
  const [low, median, high] = percentiles(pixels, PERMILLES);
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    sum += value;
  }
  const mean = sum / pixels.length;
  let squares = 0;
  let ones = 0;
  for (let i = 0; i < pixels.length; i++) {
    const deviation = pixels[i]! - mean;
    squares += deviation * deviation;
    if (pixels[i] === 1) ones++;
  }
  const isShare = minimum >= 0 && maximum <= 1;
  return {
    low: low!,
    median: median!,
    high: high!,
    mean,
    standardDeviation: Math.sqrt(squares / pixels.length),
    black: isShare ? 0 : minimum,
    white: isShare ? 1 : maximum,
    saturatedFraction: isShare ? ones / pixels.length : 0,
  };
}

/**
 * Correlation of horizontal neighbours, clipped to the window so that a hot pixel does not count: about 0 for sensor
 * noise, towards 1 for anything that has shape. From the identity E(a - b)^2 = 2 var (1 - r).
 */
function neighbourCorrelation({ pixels, width, height }: GreyRaster, low: number, high: number): number {
  let sum = 0;
  let squares = 0;
  let differences = 0;
  for (let y = 0; y < height; y++) {
    let previous = 0;
    for (let x = 0; x < width; x++) {
      const value = Math.min(high, Math.max(low, pixels[y * width + x]!)) - low;
      sum += value;
      squares += value * value;
      if (x > 0) differences += (value - previous) ** 2;
      previous = value;
    }
  }
  const count = width * height;
  const variance = squares / count - (sum / count) ** 2;
  return variance > 0 ? 1 - differences / ((width - 1) * height) / (2 * variance) : 0;
}
