/** What a decoded picture is, what is known about it, and the recipes that turn it into network input. */

export const PICTURE_FORMATS = ['jpeg', 'png', 'tiff', 'webp', 'gif', 'bmp'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];
/** Those that are also written. */
export type EncodedFormat = Exclude<PictureFormat, 'gif' | 'bmp'>;

/** Side of the square network input in pixels. */
export const INPUT_SIDE = 224;
/** Pixels of one network input. */
export const INPUT_PIXELS = INPUT_SIDE * INPUT_SIDE;

/**
 * Named, versioned ways from the file's pixels to the 224 x 224 grey network input (docs/architecture.md):
 * `reference-v1` reproduces the published experiment (OpenCV greyscale, PIL bilinear, no stretch);
 * `gel-v1` flattens alpha on white, stretches p0.1..p99.9 to 0..255 at full depth, then resizes the same way.
 */
export const RASTER_RECIPES = ['gel-v1', 'reference-v1'] as const;
export type RasterRecipe = (typeof RASTER_RECIPES)[number];
export const DEFAULT_RECIPE: RasterRecipe = 'gel-v1';

export const PICTURE_WARNINGS = [
  'LOW_CONTRAST',
  'SATURATED',
  'MULTI_PAGE_ONLY_FIRST_USED',
  'PSEUDO_COLOUR',
  'SEVERAL_HUES',
  'LOSSY_SOURCE',
  'ALPHA_FLATTENED',
  'ORIENTATION_APPLIED',
  'SQRT_ENCODED_GEL',
  'ENLARGED',
  'PAGES_MISSING',
  'IRREGULAR_FILE',
] as const;
export type PictureWarning = (typeof PICTURE_WARNINGS)[number];

export const POLARITIES = ['LIGHT_ON_DARK', 'DARK_ON_LIGHT', 'UNCERTAIN'] as const;
export type Polarity = (typeof POLARITIES)[number];

/** One grey plane, row-major, black is zero. Values are in the source's own range (0..255, 0..65535, or float). */
export interface GreyRaster {
  width: number;
  height: number;
  pixels: Uint8Array | Uint16Array | Float32Array;
}

/** What is known about a picture; stored with every classification and every data set picture. */
export interface PictureFacts {
  format: PictureFormat;
  sizeBytes: number;
  /** SHA-256 of the file's bytes, hex. */
  sha256: string;
  /** Width and height in pixels after the orientation was applied. */
  width: number;
  height: number;
  /** Pages of a TIFF, frames of an animated GIF or WebP; 1 for others. */
  pageCount: number;
  /** The page that was used, from 0. */
  page: number;
  /** Bits per sample in the file: 1, 2, 4, 8, 16, 32 or 64. */
  bitDepth: number;
  /** Samples per pixel: of the file for TIFF and BMP, as decoded for others (3 for a palette). */
  channels: number;
  hasAlpha: boolean;
  /** EXIF orientation 1..8 as found in the file; 1 where none is stated. */
  orientation: number;
  /** `sqrt` for Molecular Dynamics .gel files, whose values are square roots of the signal. */
  encoding: 'linear' | 'sqrt';
  /** SHA-256 over width, height, sample type and pixels of the canonical grey raster, hex. */
  rasterSha256: string;
  /** The values of the canonical raster at percentiles 0.1 and 99.9. */
  stretchLow: number;
  stretchHigh: number;
  /** Share of pixels at the ceiling of the sample range, 0..1. */
  saturatedFraction: number;
  /** Mean grey value of the canonical raster on 0..255, and its standard deviation (the brightness-only baseline). */
  meanGrey: number;
  standardDeviationGrey: number;
  polarityGuess: Polarity;
  /**
   * Signs of the 63 lowest frequencies of the miniature as 16 hexadecimal digits (images/facts/perceptual-hash.ts); null where
   * the picture has too little structure for one.
   */
  perceptualHash: string | null;
}

/** What decoding alone tells; the perceptual hash takes the network input. */
export type RasterFacts = Omit<PictureFacts, 'perceptualHash'>;

export interface DecodedPicture {
  facts: RasterFacts;
  warnings: PictureWarning[];
  /** Canonical grey raster at native size and depth. */
  raster: GreyRaster;
}
