import { unreadable } from '../reading/decode-failure.js';
import { type BmpLayout, readBmpLayout } from './bmp-layout.js';
import { expandRunLengths } from './bmp-run-lengths.js';

export interface BmpPicture {
  /** Interleaved red, green, blue and, with 4 channels, alpha; rows from top to bottom. */
  samples: Uint8Array;
  channels: 3 | 4;
  width: number;
  height: number;
}

/**
 * Decodes a bitmap of 1, 2, 4, 8, 16, 24 or 32 bits, plain, by bit fields or run lengths, in either order of rows. Compared
 * with Pillow 13 (test/golden/picture-matrix.test.ts). The maintained packages expand all to RGBA, four bytes for each grey pixel.
 * @throws GelqlError UNREADABLE_OR_TRUNCATED, UNSUPPORTED_SAMPLE_TYPE
 */
export function decodeBmp(file: Buffer): BmpPicture {
  const layout = readBmpLayout(file);
  const { width, height, channels } = layout;
  try {
    const samples = new Uint8Array(width * height * channels);
    const indices = layout.isRunLength ? expandRunLengths(file, layout) : null;
    const rowBytes = Math.ceil((width * layout.bitsPerPixel) / 32) * 4;
    if (!indices && layout.pixelOffset + rowBytes * height > file.length + 3)
      throw new RangeError('rows are missing');
    for (let y = 0; y < height; y++) {
      const row = samples.subarray(y * width * channels, (y + 1) * width * channels);
      const storedRow = layout.isTopDown ? y : height - 1 - y;
      if (indices) lookUp(row, layout.palette, width, (x) => indices[storedRow * width + x]!);
      else readRow(row, file, layout, layout.pixelOffset + storedRow * rowBytes);
    }
    return { samples, channels, width, height };
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(error, 'bmp');
    throw error;
  }
}

function readRow(row: Uint8Array, file: Buffer, layout: BmpLayout, start: number): void {
  const { width, bitsPerPixel, palette } = layout;
  if (bitsPerPixel <= 8) {
    const perByte = 8 / bitsPerPixel;
    const mask = 2 ** bitsPerPixel - 1;
    lookUp(row, palette, width, (x) => {
      const shift = 8 - bitsPerPixel * ((x % perByte) + 1);
      return (file.readUInt8(start + Math.floor(x / perByte)) >> shift) & mask;
    });
  } else if (bitsPerPixel === 24) {
    if (start + width * 3 > file.length) throw new RangeError('a row is cut off');
    for (let x = 0, at = start; x < width * 3; x += 3, at += 3) {
      row[x] = file[at + 2]!;
      row[x + 1] = file[at + 1]!;
      row[x + 2] = file[at]!;
    }
  } else readMaskedRow(row, file, layout, start);
}

function readMaskedRow(row: Uint8Array, file: Buffer, layout: BmpLayout, start: number): void {
  const bytes = layout.bitsPerPixel / 8;
  const fields = layout.masks.slice(0, layout.channels).map(readField);
  for (let x = 0; x < layout.width; x++) {
    const word = file.readUIntLE(start + x * bytes, bytes);
    for (let i = 0; i < fields.length; i++) {
      const { shift, maximum } = fields[i]!;
      row[x * layout.channels + i] =
        maximum === 0 ? 0 : Math.floor((((word >>> shift) & maximum) * 255) / maximum);
    }
  }
}

/** A mask as a shift to the right and the largest value that is left. */
function readField(mask: number): { shift: number; maximum: number } {
  if (mask === 0) return { shift: 0, maximum: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  return { shift, maximum: mask >>> shift };
}

/** @throws RangeError where an index has no colour in the table */
function lookUp(row: Uint8Array, palette: Uint8Array, width: number, indexAt: (x: number) => number): void {
  for (let x = 0; x < width; x++) {
    const at = indexAt(x) * 3;
    if (at >= palette.length) throw new RangeError('a pixel names a colour that the table lacks');
    row[x * 3] = palette[at]!;
    row[x * 3 + 1] = palette[at + 1]!;
    row[x * 3 + 2] = palette[at + 2]!;
  }
}
