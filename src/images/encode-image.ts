import type { Sharp } from 'sharp';
import { GelqlError } from '../errors.js';
import { type GreyRaster, type EncodedFormat } from '../words/picture.js';
import { sharp } from './sharp-setup.js';

/** Interleaved red, green, blue (and alpha), 8 bits a sample, row-major. */
export interface ColourRaster {
  width: number;
  height: number;
  channels: 3 | 4;
  pixels: Uint8Array;
}

export interface EncodeOptions {
  format: EncodedFormat;
  /** JPEG and WebP, 1..100; 90 by default. PNG and TIFF are lossless and ignore it. */
  quality?: number;
}

/**
 * Encodes one grey plane. A Uint16Array gives a file of 16 bits a sample, which only TIFF and PNG can hold. WebP has
 * no grey files: there the plane is repeated.
 * @throws GelqlError UNSUPPORTED_SAMPLE_TYPE for floating point, or 16 bits in JPEG or WebP
 */
export async function encodeGrey(raster: GreyRaster, options: EncodeOptions): Promise<Buffer> {
  const { width, height, pixels } = raster;
  if (pixels instanceof Float32Array) {
    throw new GelqlError('UNSUPPORTED_SAMPLE_TYPE', 'Floating point pixels cannot be encoded.');
  }
  const isDeep = pixels instanceof Uint16Array;
  if (isDeep && (options.format === 'jpeg' || options.format === 'webp')) {
    throw new GelqlError(
      'UNSUPPORTED_SAMPLE_TYPE',
      `A ${options.format} file holds 8 bits a sample, not 16.`,
    );
  }
  const picture = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace(
    isDeep ? 'grey16' : 'b-w',
  );
  return writeFormat(picture, options).toBuffer();
}

/** Encodes a colour picture, 8 bits a sample. JPEG drops the alpha channel. */
export async function encodeRgb(raster: ColourRaster, options: EncodeOptions): Promise<Buffer> {
  const { width, height, channels, pixels } = raster;
  return writeFormat(sharp(pixels, { raw: { width, height, channels } }), options).toBuffer();
}

function writeFormat(picture: Sharp, { format, quality = 90 }: EncodeOptions): Sharp {
  switch (format) {
    case 'jpeg':
      return picture.removeAlpha().jpeg({ quality });
    case 'webp':
      return picture.webp({ quality });
    case 'png':
      return picture.png({ compressionLevel: 6 });
    case 'tiff':
      return picture.tiff({ compression: 'deflate', predictor: 'horizontal' });
  }
}
