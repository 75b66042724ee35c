import { createHash } from 'node:crypto';
import { GelqlError } from '../../errors.js';
import { decodeRaster, type RawPicture } from './decode-raster.js';
import { sniffFormat } from './formats.js';
import { type PictureHeader, readHeader } from './picture-header.js';
import type {
  RasterFacts,
  DecodedPicture,
  GreyRaster,
  PictureWarning,
  RasterRecipe,
} from '../../words/picture.js';
import { measureRaster, type RasterStatistics } from '../facts/raster-statistics.js';

/** LOW_CONTRAST: the stretch window spans less than this share of the range that the signal could fill. */
const LOW_CONTRAST_BELOW = 0.1;
/** SATURATED: more than this share of the pixels lies at the ceiling. */
const SATURATED_ABOVE = 0.005;
/** PSEUDO_COLOUR and SEVERAL_HUES: the mean of max(R, G, B) - min(R, G, B) exceeds this on 0..255; cameras' tints of gels stay below 13. */
const COLOURED_ABOVE = 24;
/** SEVERAL_HUES: of one hue, as a stain or a lamp gives, luminance keeps the order of the greys; more others than this do not. */
const OTHER_HUES_ABOVE = 0.02;
/** ENLARGED: the shorter side is below this. */
const ENLARGED_BELOW = 64;

/**
 * From a file's bytes to one grey plane at native size and depth, with everything that is known about it.
 * What the file is called is never asked; every other input than a readable picture ends in a GelqlError:
 * UNSUPPORTED_FORMAT, UNSUPPORTED_SAMPLE_TYPE, UNREADABLE_OR_TRUNCATED, TOO_MANY_PIXELS (from the header, before any pixel is
 * decoded), TOO_SMALL, PAGE_OUT_OF_RANGE, PICTURE_TOO_COSTLY (from the structure, likewise), BLANK_IMAGE.
 * @param options.page from 0; null takes the first page at full resolution and warns where there are more
 * @param options.recipe `gel-v1` flattens alpha on white; `reference-v1` drops it and takes a PNG's stated gamma into account
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: { page?: number | null; recipe: RasterRecipe; maxPixels: number },
): Promise<DecodedPicture> {
  const page = options.page ?? null;
  const format = sniffFormat(bytes);
  const header = await readHeader(bytes, format, { page, maxPixels: options.maxPixels });
  const picture = await decodeRaster(header, options.recipe, options.maxPixels);
  const statistics = measureRaster(picture.raster);
  assertNotBlank(statistics);
  return {
    facts: describeFacts(bytes, header, picture.raster, statistics),
    warnings: listWarnings(header, picture, statistics, page === null),
    raster: picture.raster,
  };
}

function assertNotBlank(statistics: RasterStatistics): void {
  if (!statistics.isBlank) return;
  const { stretchLow, stretchHigh, standardDeviationGrey } = statistics;
  throw new GelqlError(
    'BLANK_IMAGE',
    `The picture is blank: nearly all of its pixels lie between ${stretchLow} and ${stretchHigh}.`,
    { facts: { stretchLow, stretchHigh, standardDeviationGrey } },
  );
}

function describeFacts(
  bytes: Uint8Array,
  header: PictureHeader,
  raster: GreyRaster,
  statistics: RasterStatistics,
): RasterFacts {
  return {
    format: header.format,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    width: raster.width,
    height: raster.height,
    pageCount: header.pageCount,
    page: header.page,
    bitDepth: header.bitDepth,
    channels: header.channels,
    hasAlpha: header.hasAlpha,
    orientation: header.orientation,
    encoding: header.isSqrtEncoded ? 'sqrt' : 'linear',
    rasterSha256: digestRaster(raster),
    stretchLow: statistics.stretchLow,
    stretchHigh: statistics.stretchHigh,
    saturatedFraction: statistics.saturatedFraction,
    meanGrey: statistics.meanGrey,
    standardDeviationGrey: statistics.standardDeviationGrey,
    polarityGuess: statistics.polarityGuess,
  };
}

function listWarnings(
  header: PictureHeader,
  picture: RawPicture,
  statistics: RasterStatistics,
  isPageUnstated: boolean,
): PictureWarning[] {
  const isColoured = picture.colour.chroma > COLOURED_ABOVE;
  const isTrue: Record<PictureWarning, boolean> = {
    LOW_CONTRAST: statistics.contrast < LOW_CONTRAST_BELOW,
    SATURATED: statistics.saturatedFraction > SATURATED_ABOVE,
    MULTI_PAGE_ONLY_FIRST_USED: isPageUnstated && header.pageCount > 1,
    PSEUDO_COLOUR: header.hasPalette && isColoured,
    SEVERAL_HUES: !header.hasPalette && isColoured && picture.colour.otherHues > OTHER_HUES_ABOVE,
    LOSSY_SOURCE: header.isLossy,
    ALPHA_FLATTENED: picture.isFlattened,
    ORIENTATION_APPLIED: header.orientation > 1,
    SQRT_ENCODED_GEL: header.isSqrtEncoded,
    ENLARGED: Math.min(header.width, header.height) < ENLARGED_BELOW,
    PAGES_MISSING: header.isChainBroken,
    IRREGULAR_FILE: picture.isIrregular,
  };
  return (Object.keys(isTrue) as PictureWarning[]).filter((warning) => isTrue[warning]);
}

/** SHA-256 over `WIDTHxHEIGHT:TYPE\n` and the pixels, little-endian as on every platform that the decoder runs on. */
function digestRaster({ width, height, pixels }: GreyRaster): string {
  const type = pixels instanceof Uint8Array ? 'u8' : pixels instanceof Uint16Array ? 'u16' : 'f32';
  return createHash('sha256').update(`${width}x${height}:${type}\n`).update(pixels).digest('hex');
}
