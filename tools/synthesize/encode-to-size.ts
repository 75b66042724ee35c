import { encodeGrey, encodeRgb } from '../../src/images/encode-image.js';
import { type SyntheticPicture } from './synthesize-picture.js';
import { makeTintTable } from './tint.js';

const LOWEST_QUALITY = 30;
const HIGHEST_QUALITY = 95;
/** Grey levels that lossless files may be reduced to, most first. */
const LEVELS = [256, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6] as const;

export interface EncodedPicture {
  bytes: Buffer;
  /** JPEG and WebP only. */
  quality?: number;
  /** Lossless files only: number of grey levels kept. */
  levels?: number;
}

/**
 * Encodes near the size that the plan asks for. Smooth pictures make small files and busy ones large files: with a
 * size drawn from one distribution for both classes, the size in bytes says little about the class.
 */
export async function encodeToSize(picture: SyntheticPicture): Promise<EncodedPicture> {
  const { format } = picture.plan.container;
  return format === 'jpeg' || format === 'webp' ? searchQuality(picture) : searchLevels(picture);
}

/** Bisects the quality in steps down to 4 until the size is within 5 %: the nearest size wins. */
async function searchQuality(picture: SyntheticPicture): Promise<EncodedPicture> {
  const target = picture.plan.sizeTargetBytes;
  let low = LOWEST_QUALITY;
  let high = HIGHEST_QUALITY;
  let best: (EncodedPicture & { miss: number }) | null = null;
  while (low <= high && !(best && best.miss < target * 0.05)) {
    const quality = Math.round((low + high) / 2);
    const bytes = await encodeLossy(picture, quality);
    const miss = Math.abs(bytes.length - target);
    if (!best || miss < best.miss) best = { bytes, quality, miss };
    if (bytes.length > target) high = quality - 4;
    else low = quality + 4;
  }
  return best ?? { bytes: await encodeLossy(picture, LOWEST_QUALITY), quality: LOWEST_QUALITY };
}

function encodeLossy(picture: SyntheticPicture, quality: number): Promise<Buffer> {
  const { width, height, channels, pixels } = picture;
  const { format } = picture.plan.container;
  return channels === 1
    ? encodeGrey({ width, height, pixels }, { format, quality })
    : encodeRgb({ width, height, channels, pixels }, { format, quality });
}

/** The most grey levels whose file is not larger than the target. */
async function searchLevels(picture: SyntheticPicture): Promise<EncodedPicture> {
  let low = 0;
  let high: number = LEVELS.length - 1;
  let best: EncodedPicture | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const levels = LEVELS[middle] ?? 256;
    const bytes = await encodeLossless(picture, levels);
    if (bytes.length <= picture.plan.sizeTargetBytes) {
      best = { bytes, levels };
      high = middle - 1;
    } else low = middle + 1;
  }
  const fewest = LEVELS[LEVELS.length - 1] ?? 6;
  return best ?? { bytes: await encodeLossless(picture, fewest), levels: fewest };
}

function encodeLossless(picture: SyntheticPicture, levels: number): Promise<Buffer> {
  const { width, height, channels } = picture;
  const { format, bitDepth } = picture.plan.container;
  const pixels = reducePixels(picture, levels);
  if (channels !== 1) return encodeRgb({ width, height, channels, pixels }, { format });
  if (bitDepth === 8) return encodeGrey({ width, height, pixels }, { format });
  const deep = Uint16Array.from(pixels, (value) => value * 257);
  return encodeGrey({ width, height, pixels: deep }, { format });
}

/**
 * Fewer grey levels. A tinted pixel goes to the tint of the reduced grey: reducing its channels one by one would turn
 * the hue. Other colours (labels) have their channels reduced.
 */
function reducePixels({ pixels, channels, plan }: SyntheticPicture, levels: number): Uint8Array {
  const reduced = Uint8Array.from({ length: 256 }, (_, value) => reduceLevel(value, levels));
  if (channels === 1 || levels === 256) return pixels.map((value) => reduced[value] ?? 0);
  const table = makeTintTable(plan.tint);
  const greys = new Map<number, number>();
  for (let grey = 0; grey < 256; grey += 1) greys.set(packColour(table, grey * 3), grey);
  const result = pixels.slice();
  for (let place = 0; place < pixels.length; place += channels) {
    const grey = greys.get(packColour(pixels, place));
    for (let channel = 0; channel < 3; channel += 1) {
      const value = pixels[place + channel] ?? 0;
      const level = grey === undefined ? reduced[value] : table[(reduced[grey] ?? 0) * 3 + channel];
      result[place + channel] = level ?? 0;
    }
  }
  return result;
}

function packColour(samples: Uint8Array, place: number): number {
  return ((samples[place] ?? 0) << 16) | ((samples[place + 1] ?? 0) << 8) | (samples[place + 2] ?? 0);
}

function reduceLevel(value: number, levels: number): number {
  const step = 255 / (levels - 1);
  return Math.round(Math.round(value / step) * step);
}
