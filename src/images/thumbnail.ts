import { decodeImage } from './reading/decode-image.js';
import { encodeGrey } from './encode-image.js';
import { DEFAULT_RECIPE } from '../words/picture.js';
import { resizeBilinear } from './resize.js';
import { toEightBit } from './stretch.js';

export interface ThumbnailTask {
  bytes: Uint8Array;
  /** Longest side in pixels. */
  side: number;
  maxPixels: number;
}

export interface Thumbnail {
  width: number;
  height: number;
  /** A grey JPEG file. */
  jpeg: Uint8Array;
}

const QUALITY = 80;

/**
 * The image lane's other task: a small picture for people. It is the canonical grey raster, stretched like the network
 * input of the default recipe, but with its own proportions, and never enlarged.
 * @throws GelqlError with the codes of decodeImage
 */
export async function drawThumbnail({ bytes, side, maxPixels }: ThumbnailTask): Promise<Thumbnail> {
  const { facts, raster } = await decodeImage(bytes, { recipe: DEFAULT_RECIPE, maxPixels });
  const shrink = Math.min(1, side / Math.max(raster.width, raster.height));
  const width = Math.max(1, Math.round(raster.width * shrink));
  const height = Math.max(1, Math.round(raster.height * shrink));
  const window = { low: facts.stretchLow, high: facts.stretchHigh };
  const grey = toEightBit(raster, DEFAULT_RECIPE, window);
  const pixels = resizeBilinear(grey, raster.width, raster.height, width, height);
  const jpeg = await encodeGrey({ width, height, pixels }, { format: 'jpeg', quality: QUALITY });
  return { width, height, jpeg: new Uint8Array(jpeg) };
}
