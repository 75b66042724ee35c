import { unreadable, unsupportedCodec, unsupportedSamples } from '../reading/decode-failure.js';

/** How the pixels of a Windows or OS/2 bitmap lie. */
export interface BmpLayout {
  width: number;
  height: number;
  isTopDown: boolean;
  bitsPerPixel: 1 | 2 | 4 | 8 | 16 | 24 | 32;
  isRunLength: boolean;
  pixelOffset: number;
  /** [3 * colours] red, green, blue; empty above 8 bits. */
  palette: Uint8Array;
  /** Masks of red, green, blue and alpha (0 where there is none) of 16 and 32 bits. */
  masks: [number, number, number, number];
  /** Channels of the decoded picture: 4 where the file declares alpha, else 3. */
  channels: 3 | 4;
}

const CORE_HEADER = 12;
const COMPRESSION = { none: 0, rle8: 1, rle4: 2, bitFields: 3, jpeg: 4, png: 5, alphaBitFields: 6 } as const;
const DEPTHS = [1, 2, 4, 8, 16, 24, 32];

/** @throws GelqlError UNREADABLE_OR_TRUNCATED, UNSUPPORTED_SAMPLE_TYPE */
export function readBmpLayout(file: Buffer): BmpLayout {
  try {
    return readLayout(file);
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(error, 'bmp');
    throw error;
  }
}

function readLayout(file: Buffer): BmpLayout {
  const headerBytes = file.readUInt32LE(14);
  const isCore = headerBytes === CORE_HEADER;
  if (!isCore && (headerBytes < 16 || headerBytes > 1024))
    throw new RangeError(`a header of ${headerBytes} bytes`);
  const width = isCore ? file.readUInt16LE(18) : file.readInt32LE(18);
  const signedHeight = isCore ? file.readUInt16LE(20) : file.readInt32LE(22);
  const bitsPerPixel = isCore ? file.readUInt16LE(24) : file.readUInt16LE(28);
  const compression = headerBytes >= 20 ? file.readUInt32LE(30) : COMPRESSION.none;
  if (width <= 0 || signedHeight === 0) throw new RangeError(`${width} x ${signedHeight} pixels`);
  if (!DEPTHS.includes(bitsPerPixel))
    throw unsupportedSamples(`${bitsPerPixel}-bit pixels`, { bitsPerPixel });
  assertCompression(compression, bitsPerPixel);
  const masks = readMasks(file, { headerBytes, bitsPerPixel, compression });
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bitsPerPixel: bitsPerPixel as BmpLayout['bitsPerPixel'],
    isRunLength: compression === COMPRESSION.rle8 || compression === COMPRESSION.rle4,
    pixelOffset: file.readUInt32LE(10),
    palette: bitsPerPixel <= 8 ? readPalette(file, headerBytes, bitsPerPixel) : new Uint8Array(0),
    masks,
    channels: masks[3] === 0 ? 3 : 4,
  };
}

function assertCompression(compression: number, bits: number): void {
  if (compression === COMPRESSION.jpeg || compression === COMPRESSION.png) {
    throw unsupportedCodec(compression === COMPRESSION.jpeg ? 'JPEG in a BMP' : 'PNG in a BMP', {
      compression,
    });
  }
  const isPossible =
    compression === COMPRESSION.none ||
    (compression === COMPRESSION.rle8 && bits === 8) ||
    (compression === COMPRESSION.rle4 && bits === 4) ||
    ((compression === COMPRESSION.bitFields || compression === COMPRESSION.alphaBitFields) &&
      (bits === 16 || bits === 32));
  if (!isPossible) throw unsupportedCodec(`BMP method ${compression} at ${bits} bits`, { compression });
}

/** Alpha counts only where masks declare it: most files leave the fourth byte of plain 32-bit pixels at 0. */
function readMasks(
  file: Buffer,
  {
    headerBytes,
    bitsPerPixel,
    compression,
  }: { headerBytes: number; bitsPerPixel: number; compression: number },
): BmpLayout['masks'] {
  if (compression === COMPRESSION.bitFields || compression === COMPRESSION.alphaBitFields) {
    const hasAlpha = headerBytes >= 56 || compression === COMPRESSION.alphaBitFields;
    const mask = (i: number) => file.readUInt32LE(54 + i * 4);
    return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0];
  }
  return bitsPerPixel === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function readPalette(file: Buffer, headerBytes: number, bitsPerPixel: number): Uint8Array {
  const isCore = headerBytes === CORE_HEADER;
  const entryBytes = isCore ? 3 : 4;
  const stated = headerBytes >= 40 ? file.readUInt32LE(46) : 0;
  const colours = stated === 0 ? 2 ** bitsPerPixel : Math.min(stated, 2 ** bitsPerPixel);
  const palette = new Uint8Array(3 * colours);
  for (let i = 0; i < colours; i++) {
    const at = 14 + headerBytes + i * entryBytes;
    palette.set([file.readUInt8(at + 2), file.readUInt8(at + 1), file.readUInt8(at)], i * 3);
  }
  return palette;
}
