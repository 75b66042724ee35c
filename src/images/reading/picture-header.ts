import { GelqlError } from '../../errors.js';
import { readBmpLayout } from '../bmp/bmp-layout.js';
import { isLossyWebp, readPngGamma } from './chunk-headers.js';
import { unreadable, unsupportedSamples } from './decode-failure.js';
import { assertFrames, countFrames } from './count-frames.js';
import { assertJpegFrame } from './jpeg-frame.js';
import type { PictureFormat } from '../../words/picture.js';
import { sharp } from '../sharp-setup.js';
import { openTiff } from '../tiff/open-tiff.js';
import { CODEC } from '../tiff/tiff-codecs.js';

/** Shorter sides below this are refused: a band of a cropped blot strip is some 10 pixels high. */
const MINIMUM_SIDE = 16;
/** Decoded bytes per allowed pixel: 8-bit RGBA at the full pixel limit, less of what is deeper. */
const BYTES_PER_PIXEL_LIMIT = 4;

/** Colour samples per pixel by libvips' name of the colour space; other spaces (Lab, multiband) are not decoded. */
const COLOUR_CHANNELS: Record<string, number> = {
  'b-w': 1,
  grey16: 1,
  srgb: 3,
  rgb16: 3,
  scrgb: 3,
  cmyk: 4,
};
const SAMPLE_BYTES: Record<string, number> = { uchar: 1, ushort: 2 };
const FLOAT_BYTES = 4;

/** What is known before any pixel is decoded. Width and height are those of the stored pixels, before orientation. */
export interface PictureHeader {
  format: PictureFormat;
  /** What to decode: the file, a copy with clean tags, or one such copy for each plane that lies apart. */
  files: Buffer[];
  width: number;
  height: number;
  pageCount: number;
  /** The page of the sender's file that is used. */
  page: number;
  /** The same page in `files`. */
  filePage: number;
  bitDepth: number;
  channels: number;
  colourChannels: 1 | 3 | 4;
  hasAlpha: boolean;
  hasPalette: boolean;
  orientation: number;
  /** libvips' colour space, in which the samples are taken as they are. */
  space: string;
  depth: 'uchar' | 'ushort' | 'float';
  isSigned16: boolean;
  /** Whether black and white are still to be exchanged. */
  isWhiteZero: boolean;
  isYCbCr: boolean;
  /** Whether the file names a further page that it does not hold. */
  isChainBroken: boolean;
  isLossy: boolean;
  isSqrtEncoded: boolean;
  /** The gamma that a PNG states, in units of 1/100000. */
  pngGamma: number | null;
}

interface HeaderOptions {
  page: number | null;
  maxPixels: number;
}

/**
 * Reads and judges the header; costs about a millisecond whatever the picture's size, decodes nothing.
 * @param options.page from 0; null takes the first at full resolution
 * @throws GelqlError UNREADABLE_OR_TRUNCATED, PAGE_OUT_OF_RANGE, TOO_MANY_PIXELS, TOO_SMALL, UNSUPPORTED_SAMPLE_TYPE,
 * PICTURE_TOO_COSTLY
 */
export async function readHeader(
  bytes: Uint8Array,
  format: PictureFormat,
  options: HeaderOptions,
): Promise<PictureHeader> {
  if (format === 'tiff') return readTiffHeader(bytes, options);
  const file = asBuffer(bytes);
  if (format === 'bmp') return readBmpHeader(file, options);
  const page = options.page ?? 0;
  const frames = countFrames(file, format);
  assertPage(page, frames);
  if (format === 'jpeg') assertJpegFrame(file);
  const metadata = await readMetadata(file, format, page);
  const { width, height } = pageSize(metadata);
  assertSize(width, height, options.maxPixels);
  assertFrames(frames, page, width * height, options.maxPixels);
  const samples = describeSamples(metadata);
  assertDecodedBytes(width * height, samples, options.maxPixels);
  return {
    ...samples,
    ...PLAIN,
    format,
    files: [file],
    width,
    height,
    pageCount: frames,
    page,
    filePage: page,
    bitDepth: metadata.bitsPerSample ?? (samples.depth === 'uchar' ? 8 : 16),
    channels: samples.channels,
    hasAlpha: metadata.hasAlpha === true,
    hasPalette: format === 'gif' || metadata.isPalette === true,
    orientation: metadata.orientation ?? 1,
    isLossy: format === 'jpeg' || (format === 'webp' && isLossyWebp(bytes)),
    pngGamma: format === 'png' ? readPngGamma(bytes) : null,
  };
}

/** What is so in every file but a few TIFFs. */
const PLAIN = {
  isSigned16: false,
  isWhiteZero: false,
  isYCbCr: false,
  isChainBroken: false,
  isSqrtEncoded: false,
  pngGamma: null,
} as const;

async function readTiffHeader(bytes: Uint8Array, { page, maxPixels }: HeaderOptions): Promise<PictureHeader> {
  const maxBytes = maxPixels * BYTES_PER_PIXEL_LIMIT;
  const opened = openTiff(bytes, {
    page,
    maxBytes,
    assertPage,
    assertSize: (width, height) => assertSize(width, height, maxPixels),
  });
  const { tags, files } = opened;
  const metadata = await readMetadata(files[0]!, 'tiff', 0);
  const samples = describeSamples(metadata);
  const channels = tags.isPlanar ? files.length : samples.channels;
  const { width, height, photometric } = tags;
  assertDecodedBytes(width * height, { ...samples, channels }, maxPixels);
  return {
    ...samples,
    ...PLAIN,
    format: 'tiff',
    files,
    width,
    height,
    pageCount: opened.pageCount,
    page: opened.page,
    filePage: 0,
    bitDepth: opened.storedBits,
    channels: tags.samplesPerPixel,
    colourChannels: tags.isPlanar && channels >= 3 ? 3 : samples.colourChannels,
    // An extra sample of unstated meaning is not alpha, although libvips takes it for alpha.
    hasAlpha: tags.isPlanar
      ? opened.hasExtraSample && tags.extraSample !== 0
      : metadata.hasAlpha === true && tags.extraSample !== 0,
    hasPalette: photometric === 3,
    orientation: tags.orientation,
    isSigned16: opened.isSigned16,
    isWhiteZero: opened.isWhiteZero,
    isYCbCr: opened.isYCbCr,
    isChainBroken: opened.isChainBroken,
    isLossy: tags.compression === CODEC.jpeg,
    isSqrtEncoded: tags.molecularDynamicsFormat === 2,
  };
}

function readBmpHeader(file: Buffer, { page, maxPixels }: HeaderOptions): PictureHeader {
  const bmp = readBmpLayout(file);
  assertPage(page ?? 0, 1);
  assertSize(bmp.width, bmp.height, maxPixels);
  const colourChannels = 3;
  assertDecodedBytes(bmp.width * bmp.height, { channels: bmp.channels, depth: 'uchar' }, maxPixels);
  return {
    ...PLAIN,
    format: 'bmp',
    files: [file],
    width: bmp.width,
    height: bmp.height,
    pageCount: 1,
    page: 0,
    filePage: 0,
    bitDepth: bmp.bitsPerPixel <= 8 ? bmp.bitsPerPixel : 8,
    channels: bmp.bitsPerPixel <= 8 ? 1 : bmp.channels,
    colourChannels,
    hasAlpha: bmp.channels === 4,
    hasPalette: bmp.bitsPerPixel <= 8,
    orientation: 1,
    space: 'srgb',
    depth: 'uchar',
    isLossy: false,
  };
}

type Metadata = Awaited<ReturnType<ReturnType<typeof sharp>['metadata']>>;

async function readMetadata(file: Buffer, format: PictureFormat, page: number): Promise<Metadata> {
  try {
    return await sharp(file, { limitInputPixels: false, page, pages: 1 }).metadata();
  } catch (error) {
    throw unreadable(error, format);
  }
}

/** libvips reports a stack of pages as one tall picture; `pageHeight` is then the height of one. */
function pageSize(metadata: Metadata): { width: number; height: number } {
  return { width: metadata.width, height: metadata.pageHeight ?? metadata.height };
}

function describeSamples(metadata: Metadata) {
  const colourChannels = COLOUR_CHANNELS[metadata.space];
  const isCmykDeep = metadata.space === 'cmyk' && metadata.depth !== 'uchar';
  const extraChannels = metadata.channels - (colourChannels ?? 0);
  if (colourChannels === undefined || isCmykDeep || extraChannels < 0 || extraChannels > 1) {
    throw unsupportedSamples(`${metadata.channels} channels of the kind ${metadata.space}`, {
      channels: metadata.channels,
      space: metadata.space,
    });
  }
  const depth = metadata.depth in SAMPLE_BYTES ? (metadata.depth as 'uchar' | 'ushort') : ('float' as const);
  return {
    colourChannels: colourChannels as 1 | 3 | 4,
    channels: metadata.channels,
    space: metadata.space,
    depth,
  };
}

function assertPage(page: number, pageCount: number): void {
  if (Number.isInteger(page) && page >= 0 && page < pageCount) return;
  throw new GelqlError(
    'PAGE_OUT_OF_RANGE',
    `Page ${page} was asked for, but the file has ${pageCount}, counted from 0.`,
    { facts: { page, pageCount } },
  );
}

function assertSize(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new GelqlError(
      'TOO_MANY_PIXELS',
      `The picture has ${width} x ${height} pixels; at most ${maxPixels} pixels are accepted.`,
      { facts: { width, height, maxPixels } },
    );
  }
  if (Math.min(width, height) < MINIMUM_SIDE) {
    throw new GelqlError(
      'TOO_SMALL',
      `The picture has ${width} x ${height} pixels; its shorter side needs at least ${MINIMUM_SIDE}.`,
      { facts: { width, height, minimumSide: MINIMUM_SIDE } },
    );
  }
}

/** Keeps a small compressed file of deep colour samples from taking several times the memory of the pixel limit. */
function assertDecodedBytes(
  pixels: number,
  samples: { channels: number; depth: string },
  maxPixels: number,
): void {
  const decodedBytes = pixels * samples.channels * (SAMPLE_BYTES[samples.depth] ?? FLOAT_BYTES);
  const maxBytes = maxPixels * BYTES_PER_PIXEL_LIMIT;
  if (decodedBytes <= maxBytes) return;
  throw new GelqlError(
    'TOO_MANY_PIXELS',
    `The picture decodes to ${decodedBytes} bytes; at most ${maxBytes} are accepted. Export it as 8-bit greyscale.`,
    { facts: { decodedBytes, maxBytes } },
  );
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
