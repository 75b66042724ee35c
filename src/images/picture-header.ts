import { GelqlError } from '../errors.js';
import { isLossyWebp, readPngGamma } from './chunk-headers.js';
import { unreadable } from './decode-failure.js';
import type { PictureFormat } from '../words/picture.js';
import { sharp } from './sharp-setup.js';
import { isLeftWhiteZero, isSigned16, makeDecodable, readTiffPage, type TiffPage } from './tiff-header.js';

/** Shorter sides below this are refused: the smallest real picture of the published experiment has 124 pixels. */
const MINIMUM_SIDE = 64;
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
  /** What to decode: the file, or a copy with one tag changed (makeDecodable). */
  file: Buffer;
  width: number;
  height: number;
  pageCount: number;
  page: number;
  bitDepth: number;
  channels: number;
  colourChannels: 1 | 3 | 4;
  hasAlpha: boolean;
  orientation: number;
  /** libvips' colour space, in which the samples are taken as they are. */
  space: string;
  depth: 'uchar' | 'ushort' | 'float';
  isSigned16: boolean;
  /** Whether black and white are still to be exchanged. */
  isWhiteZero: boolean;
  isLossy: boolean;
  isSqrtEncoded: boolean;
  /** The gamma that a PNG states, in units of 1/100000. */
  pngGamma: number | null;
}

/**
 * Reads and judges the header; costs about a millisecond whatever the picture's size, decodes nothing.
 * @param options.page from 0; null takes the first
 * @throws GelqlError UNREADABLE_OR_TRUNCATED, PAGE_OUT_OF_RANGE, TOO_MANY_PIXELS, TOO_SMALL, UNSUPPORTED_SAMPLE_TYPE
 */
export async function readHeader(
  bytes: Uint8Array,
  format: PictureFormat,
  options: { page: number | null; maxPixels: number },
): Promise<PictureHeader> {
  const page = options.page ?? 0;
  const tiffPage = format === 'tiff' ? readTiffPage(bytes, page) : null;
  if (tiffPage) assertTiffSamples(tiffPage);

  const original = asBuffer(bytes);
  const first = await readMetadata(original, format, 0);
  const pageCount = first.pages ?? 1;
  assertPage(page, pageCount);

  const file = tiffPage ? asBuffer(makeDecodable(bytes, tiffPage)) : original;
  const isUnchanged = page === 0 && file.buffer === original.buffer;
  const metadata = isUnchanged ? first : await readMetadata(file, format, page);
  const { width, height } = pageSize(metadata);
  assertSize(width, height, options.maxPixels);

  const samples = describeSamples(metadata);
  assertDecodedBytes(width * height, samples, options.maxPixels);
  return {
    ...samples,
    format,
    file,
    width,
    height,
    pageCount,
    page,
    bitDepth: metadata.bitsPerSample ?? (samples.depth === 'uchar' ? 8 : 16),
    // An extra sample of unstated meaning is not alpha, although libvips takes it for alpha.
    hasAlpha: metadata.hasAlpha === true && tiffPage?.extraSample !== 0,
    orientation: metadata.orientation ?? 1,
    isSigned16: tiffPage !== null && isSigned16(tiffPage),
    isWhiteZero: tiffPage !== null && isLeftWhiteZero(tiffPage),
    isLossy: isLossy(bytes, format, tiffPage),
    isSqrtEncoded: tiffPage?.molecularDynamicsFormat === 2,
    pngGamma: format === 'png' ? readPngGamma(bytes) : null,
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
    throw unsupportedSamples(`${metadata.channels} samples per pixel in ${metadata.space}`, {
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

/** Refuses by the tags what the decoder would refuse with an obscure message, or misread. */
function assertTiffSamples(page: TiffPage): void {
  const { bitsPerSample, sampleFormat } = page;
  const isFloat = sampleFormat === 3;
  const isKnownDepth = isFloat ? bitsPerSample === 32 : [1, 2, 4, 8, 16, 32].includes(bitsPerSample);
  if (isSigned16(page) && page.sampleFormatOffset === null) {
    throw unsupportedSamples('signed 16-bit samples in several channels', { bitsPerSample, sampleFormat });
  }
  if (isKnownDepth && sampleFormat < 5) return;
  const kind = sampleFormat >= 5 ? 'complex' : isFloat ? 'float' : 'packed';
  throw unsupportedSamples(`${bitsPerSample}-bit ${kind} samples`, { bitsPerSample, sampleFormat });
}

function unsupportedSamples(what: string, facts: Record<string, unknown>): GelqlError {
  return new GelqlError(
    'UNSUPPORTED_SAMPLE_TYPE',
    `The picture holds ${what}, which cannot be read. Export it as 8-bit or 16-bit greyscale TIFF.`,
    { facts },
  );
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

function isLossy(bytes: Uint8Array, format: PictureFormat, tiffPage: TiffPage | null): boolean {
  switch (format) {
    case 'jpeg':
      return true;
    case 'png':
      return false;
    case 'webp':
      return isLossyWebp(bytes);
    case 'tiff':
      return [6, 7, 34712, 50001].includes(tiffPage?.compression ?? 1);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
