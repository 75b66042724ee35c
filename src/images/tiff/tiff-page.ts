import { TAG, type TiffDirectory, type TiffFile } from './tiff-file.js';

/** Where the encoded samples of a page lie: strips, or tiles of `tile` pixels. Planes that lie apart follow each other. */
export interface TiffSegments {
  tile: { width: number; height: number } | null;
  rowsPerStrip: number;
  offsets: number[];
  byteCounts: number[];
}

/** What the tags of one page say, with the defaults of the format where a tag is absent or holds an impossible value. */
export interface TiffPage {
  width: number;
  height: number;
  bitsPerSample: number[];
  samplesPerPixel: number;
  /** 1 unsigned, 2 signed, 3 float, 4 undefined, 5 and 6 complex. */
  sampleFormat: number;
  /** 0 is MinIsWhite, 1 MinIsBlack, 2 RGB, 3 palette, 5 separated (CMYK), 6 YCbCr; null where the tag is absent. */
  photometric: number | null;
  compression: number;
  /** Meaning of the first extra sample: 0 unspecified, 1 premultiplied alpha, 2 alpha; null where there is none. */
  extraSample: number | null;
  /** Whether each sample's plane lies apart. */
  isPlanar: boolean;
  /** 1..8. */
  orientation: number;
  /** Pixels per chroma sample, across and down. */
  yCbCrSubsampling: [number, number];
  yCbCrCoefficients: number[] | null;
  referenceBlackWhite: number[] | null;
  /** Molecular Dynamics MD_FileTag: 2 square root, 128 linear; null for every other file. */
  molecularDynamicsFormat: number | null;
  segments: TiffSegments;
}

const LARGEST_LONG = 0xffffffff;

/** @throws RangeError where the directory or what it points to lies outside the file, or a size is missing */
export function readTiffPage(file: TiffFile, directory: TiffDirectory): TiffPage {
  const value = (tag: number) => file.readValues(directory, tag)?.[0] ?? null;
  const width = requireSize(value(TAG.width), 'ImageWidth');
  const height = requireSize(value(TAG.height), 'ImageLength');
  const subsampling = file.readValues(directory, TAG.yCbCrSubsampling);
  const orientation = value(TAG.orientation);
  return {
    width,
    height,
    bitsPerSample: file.readValues(directory, TAG.bitsPerSample) ?? [1],
    samplesPerPixel: value(TAG.samplesPerPixel) ?? 1,
    // Writers that leave 0 in a tag whose values begin at 1 mean the default.
    sampleFormat: value(TAG.sampleFormat) || 1,
    photometric: value(TAG.photometric),
    compression: value(TAG.compression) || 1,
    extraSample: value(TAG.extraSamples),
    isPlanar: value(TAG.planarConfiguration) === 2 && value(TAG.samplesPerPixel) !== 1,
    orientation: orientation !== null && orientation >= 1 && orientation <= 8 ? orientation : 1,
    yCbCrSubsampling: [subsampling?.[0] ?? 2, subsampling?.[1] ?? 2],
    yCbCrCoefficients: file.readValues(directory, TAG.yCbCrCoefficients),
    referenceBlackWhite: file.readValues(directory, TAG.referenceBlackWhite),
    molecularDynamicsFormat: value(TAG.molecularDynamicsFormat),
    segments: readSegments(file, directory, height),
  };
}

function readSegments(file: TiffFile, directory: TiffDirectory, height: number): TiffSegments {
  const tileWidth = file.readValues(directory, TAG.tileWidth)?.[0];
  const tileHeight = file.readValues(directory, TAG.tileHeight)?.[0];
  const isTiled = tileWidth !== undefined && tileHeight !== undefined;
  const rowsPerStrip = file.readValues(directory, TAG.rowsPerStrip)?.[0] || LARGEST_LONG;
  const list = (tag: number) => file.readValues(directory, tag);
  // Some writers of tiles use the tags of strips.
  const offsets = (isTiled ? list(TAG.tileOffsets) : null) ?? list(TAG.stripOffsets);
  const byteCounts = (isTiled ? list(TAG.tileByteCounts) : null) ?? list(TAG.stripByteCounts);
  if (!offsets) throw new RangeError('no StripOffsets or TileOffsets');
  return {
    tile: isTiled ? { width: tileWidth, height: tileHeight } : null,
    rowsPerStrip: Math.min(rowsPerStrip, height),
    offsets,
    byteCounts: byteCounts ?? [],
  };
}

function requireSize(size: number | null, name: string): number {
  if (size === null || size === 0) throw new RangeError(`no ${name}`);
  return size;
}

const REDUCED = 1;
const MASK = 4;

/** The first page at full resolution: previews and transparency masks may lie before it. Page 0 where all are such. */
export function findMainPage(file: TiffFile, offsets: readonly number[]): number {
  const main = offsets.findIndex((offset) => {
    const kind = file.readValues(file.readDirectory(offset), TAG.newSubfileType)?.[0] ?? 0;
    return (kind & (REDUCED | MASK)) === 0;
  });
  return Math.max(0, main);
}

/** Segments of one plane: strips from top to bottom, or tiles row by row. */
export function countSegments({ width, height, segments: { tile, rowsPerStrip } }: TiffPage): number {
  return tile
    ? Math.ceil(width / tile.width) * Math.ceil(height / tile.height)
    : Math.ceil(height / rowsPerStrip);
}
