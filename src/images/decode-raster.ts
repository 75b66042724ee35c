import { unreadable } from './decode-failure.js';
import {
  cmykLuma,
  firstChannel,
  flattenOnWhite,
  linearLightLuma,
  luma,
  meanChroma,
  type Samples,
} from './luma.js';
import type { PictureHeader } from './picture-header.js';
import type { GreyRaster, RasterRecipe } from '../words/picture.js';
import { sharp } from './sharp-setup.js';

export interface RawPicture {
  /** Canonical grey raster: oriented, one plane, black is zero, native depth. */
  raster: GreyRaster;
  /** Mean of max(R, G, B) - min(R, G, B) on 0..255; 0 for grey files. */
  chroma: number;
  /** Whether any pixel was not opaque and has been laid over white. */
  isFlattened: boolean;
}

interface DecodedSamples {
  samples: Samples;
  channels: number;
  width: number;
  height: number;
}

/**
 * Decodes the page that the header names and makes it grey.
 * @throws GelqlError UNREADABLE_OR_TRUNCATED
 */
export async function decodeRaster(
  header: PictureHeader,
  recipe: RasterRecipe,
  maxPixels: number,
): Promise<RawPicture> {
  const decoded = await decodeSamples(header, maxPixels);
  const { samples, channels, width, height } = decoded;
  const pixels = toGrey(header, decoded, recipe);
  const isFlattened = recipe === 'gel-v1' && header.hasAlpha && flatten(pixels, samples, channels);
  const chroma = header.colourChannels === 3 ? meanChroma(samples, channels, white(samples)) : 0;
  return { raster: { width, height, pixels }, chroma, isFlattened };
}

/**
 * The decoder's only work: samples as the file holds them, upright, interleaved. Naming the file's own colour space for
 * the pipeline and for its result keeps libvips from converting; embedded colour profiles are ignored, as OpenCV does.
 */
async function decodeSamples(header: PictureHeader, maxPixels: number): Promise<DecodedSamples> {
  const { file, page, space, depth, format } = header;
  try {
    const { data, info } = await sharp(file, {
      page,
      pages: 1,
      limitInputPixels: maxPixels,
      // Vendors' private TIFF tags make libtiff warn; damage is an error.
      failOn: 'error',
      ignoreIcc: true,
      autoOrient: true,
    })
      .pipelineColourspace(space)
      .toColourspace(space)
      .raw({ depth })
      .toBuffer({ resolveWithObject: true });
    const { channels, width, height } = info;
    return { samples: viewSamples(data, header), channels, width, height };
  } catch (error) {
    throw unreadable(error, format);
  }
}

function viewSamples(data: Buffer, { depth, isSigned16 }: PictureHeader): Samples {
  if (depth === 'uchar') return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const bytes = data.byteOffset % 4 === 0 ? data : Buffer.from(data);
  if (depth === 'float') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return isSigned16 ? Float32Array.from(words, (word) => (word << 16) >> 16) : words;
}

function toGrey(
  header: PictureHeader,
  { samples, channels }: DecodedSamples,
  recipe: RasterRecipe,
): GreyRaster['pixels'] {
  if (samples instanceof Float32Array) return toGreyFloat(header, samples, channels);
  if (header.colourChannels === 1) return firstChannel(samples, channels);
  if (samples instanceof Uint16Array) return luma(samples, channels);
  if (header.colourChannels === 4) return cmykLuma(samples, channels);
  const statedGamma = recipe === 'reference-v1' ? header.pngGamma : null;
  return statedGamma === null ? luma(samples, channels) : linearLightLuma(samples, channels, statedGamma);
}

/** Alpha of float pictures has no agreed scale and is ignored. */
function toGreyFloat(header: PictureHeader, samples: Float32Array, channels: number): Float32Array {
  const grey = header.colourChannels === 1 ? firstChannel(samples, channels) : luma(samples, channels);
  const { minimum, maximum } = finiteRange(grey);
  const isWhiteZero = header.isWhiteZero;
  for (let i = 0; i < grey.length; i++) {
    const value = Math.min(maximum, Math.max(minimum, Number.isNaN(grey[i]!) ? minimum : grey[i]!));
    grey[i] = isWhiteZero ? maximum - value + minimum : value;
  }
  return grey;
}

/** Infinities and NaN (masked pixels of analysis software) take the nearest finite value; 0..0 where there is none. */
function finiteRange(values: Float32Array): { minimum: number; maximum: number } {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return minimum <= maximum ? { minimum, maximum } : { minimum: 0, maximum: 0 };
}

function flatten(grey: GreyRaster['pixels'], samples: Samples, channels: number): boolean {
  if (grey instanceof Float32Array || samples instanceof Float32Array) return false;
  return flattenOnWhite(grey, samples, channels, white(samples));
}

/** The sample value of white: float colour (scRGB) is on 0..1. */
function white(samples: Samples): number {
  if (samples instanceof Uint8Array) return 255;
  return samples instanceof Uint16Array ? 65535 : 1;
}
