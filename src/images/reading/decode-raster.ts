import { unreadable } from './decode-failure.js';
import { decodeBmp } from '../bmp/decode-bmp.js';
import { isHarmless } from './decoder-complaints.js';
import { type ColourMeasure, GREY, measureColour } from '../facts/measure-colour.js';
import {
  cmykLuma,
  emptyLike,
  firstChannel,
  flattenOnWhite,
  linearLightLuma,
  luma,
  type Samples,
  yCbCrLuma,
} from '../luma.js';
import type { PictureHeader } from './picture-header.js';
import type { GreyRaster, RasterRecipe } from '../../words/picture.js';
import { sharp } from '../sharp-setup.js';

export interface RawPicture {
  /** Canonical grey raster: oriented, one plane, black is zero, native depth. */
  raster: GreyRaster;
  colour: ColourMeasure;
  /** Whether any pixel was not opaque and has been laid over white. */
  isFlattened: boolean;
  /** Whether the decoder complained of something that cost no pixels. */
  isIrregular: boolean;
}

interface DecodedSamples {
  samples: Samples;
  channels: number;
  width: number;
  height: number;
  isIrregular: boolean;
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
  const { samples, channels, width, height, isIrregular } = decoded;
  const pixels = toGrey(header, decoded, recipe);
  const isFlattened = recipe === 'gel-v1' && header.hasAlpha && flatten(pixels, samples, channels);
  const isColoured = header.colourChannels === 3 && !header.isYCbCr;
  const colour = isColoured ? measureColour(samples, channels, white(samples)) : GREY;
  return { raster: { width, height, pixels }, colour, isFlattened, isIrregular };
}

/** Samples as the file holds them, upright, interleaved. */
async function decodeSamples(header: PictureHeader, maxPixels: number): Promise<DecodedSamples> {
  const [file] = header.files;
  if (header.format === 'bmp') return { ...decodeBmp(file!), isIrregular: false };
  if (header.files.length === 1) return decodeFile(file!, header, maxPixels);
  const planes: DecodedSamples[] = [];
  for (const plane of header.files) planes.push(await decodeFile(plane, header, maxPixels));
  return interleave(planes);
}

/** Decodes strictly; where the decoder stopped at an oddity that costs no pixels, once more without heed of oddities. */
async function decodeFile(file: Buffer, header: PictureHeader, maxPixels: number): Promise<DecodedSamples> {
  try {
    return { ...(await runDecoder(file, header, maxPixels, 'warning')), isIrregular: false };
  } catch (error) {
    if (!isHarmless(error, header.format)) throw unreadable(error, header.format);
  }
  try {
    return { ...(await runDecoder(file, header, maxPixels, 'error')), isIrregular: true };
  } catch (error) {
    throw unreadable(error, header.format);
  }
}

/**
 * Naming the file's own colour space for the pipeline and for its result keeps libvips from converting; embedded colour
 * profiles are ignored, as OpenCV does. In the space `b-w` sharp keeps the first band only, so that grey with a second
 * band, alpha or not, leaves as red, green and blue of that grey.
 */
async function runDecoder(
  file: Buffer,
  { filePage, space, depth, channels, isSigned16, files }: PictureHeader,
  maxPixels: number,
  failOn: 'warning' | 'error',
): Promise<Omit<DecodedSamples, 'isIrregular'>> {
  const isGreyPair = space === 'b-w' && channels === 2 && files.length === 1;
  const { data, info } = await sharp(file, {
    page: filePage,
    pages: 1,
    limitInputPixels: maxPixels,
    failOn,
    ignoreIcc: true,
    autoOrient: true,
  })
    .pipelineColourspace(space)
    .toColourspace(isGreyPair && depth === 'uchar' ? 'srgb' : space)
    .raw({ depth })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { samples: viewSamples(data, depth, isSigned16), channels: info.channels, width, height };
}

/** Planes of one sample each to pixels of several. */
function interleave(planes: DecodedSamples[]): DecodedSamples {
  const first = planes[0]!;
  const pixels = first.samples.length;
  const samples = emptyLike(first.samples, pixels * planes.length);
  planes.forEach((plane, channel) => {
    for (let i = 0, at = channel; i < pixels; i++, at += planes.length) samples[at] = plane.samples[i]!;
  });
  return {
    ...first,
    samples,
    channels: planes.length,
    isIrregular: planes.some((plane) => plane.isIrregular),
  };
}

function viewSamples(data: Buffer, depth: PictureHeader['depth'], isSigned16: boolean): Samples {
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
  if (header.isYCbCr && samples instanceof Uint8Array) return yCbCrLuma(samples, channels);
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
