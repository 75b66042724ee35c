import { inflateSync } from 'node:zlib';
import { unsupportedSamples } from '../reading/decode-failure.js';
import { CODEC } from './tiff-codecs.js';
import type { TiffPage } from './tiff-page.js';

const DEFLATE = [8, 32946];

/**
 * The decoder knows floats of 32 bits only; NumPy and scikit-image write 64. The page's samples as 32-bit floats in one
 * uncompressed strip behind the file; values beyond the range of 32 bits become infinite, lesser digits are rounded.
 * @throws GelqlError UNSUPPORTED_SAMPLE_TYPE for tiles, planes apart, predictors and codecs other than deflate
 */
export function narrowFloats(
  bytes: Uint8Array,
  page: TiffPage,
  options: { isLittleEndian: boolean; hasPredictor: boolean },
): { bytes: Uint8Array; page: TiffPage } {
  const { width, height, samplesPerPixel, segments, compression, isPlanar } = page;
  const bits = page.bitsPerSample[0]!;
  const isRead = compression === CODEC.none || DEFLATE.includes(compression);
  if (segments.tile || isPlanar || options.hasPredictor || !isRead) {
    throw unsupportedSamples(`${bits}-bit float samples in tiles, planes or a codec other than deflate`, {
      bitsPerSample: bits,
      compression,
    });
  }
  const rowSamples = width * samplesPerPixel;
  const start = bytes.length + (bytes.length & 1);
  const widened = new Uint8Array(start + rowSamples * height * 4);
  widened.set(bytes);
  const target = new DataView(widened.buffer, start);
  for (let row = 0, i = 0; row < height; row += segments.rowsPerStrip, i++) {
    const rows = Math.min(segments.rowsPerStrip, height - row);
    const needed = rows * rowSamples * (bits / 8);
    const strip = readStrip(bytes, page, i, needed);
    if (strip.length < needed) throw new RangeError(`strip ${i} is cut off`);
    const source = new DataView(strip.buffer, strip.byteOffset, strip.byteLength);
    for (let k = 0; k < rows * rowSamples; k++) {
      const value = source.getFloat64(k * 8, options.isLittleEndian);
      target.setFloat32((row * rowSamples + k) * 4, value, options.isLittleEndian);
    }
  }
  return {
    bytes: widened,
    page: {
      ...page,
      bitsPerSample: [32],
      compression: CODEC.none,
      segments: {
        tile: null,
        rowsPerStrip: height,
        offsets: [start],
        byteCounts: [widened.length - start],
      },
    },
  };
}

function readStrip(
  bytes: Uint8Array,
  { segments, compression }: TiffPage,
  i: number,
  needed: number,
): Uint8Array {
  const offset = segments.offsets[i]!;
  const encoded = bytes.subarray(offset, offset + segments.byteCounts[i]!);
  return compression === CODEC.none ? encoded : inflateSync(encoded, { maxOutputLength: needed });
}
