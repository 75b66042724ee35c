import { tooCostly } from '../reading/decode-failure.js';
import { assertJpegFrame } from '../reading/jpeg-frame.js';
import { CODEC } from './tiff-codecs.js';
import { countSegments, type TiffPage } from './tiff-page.js';

/**
 * Strips or tiles of a page: each costs a seek and a decoder's start (1,500,000 strips took 3 s). 100 million pixels in tiles
 * of 64 x 64 are 24,415.
 */
const MAX_SEGMENTS = 65_536;
/** Tiles beside each other: the decoder's time grows with their square (16,384 took 13 s, so these take 0.2 s). */
const MAX_TILES_ACROSS = 2_048;
/** Encoded bytes over the file's: segments that share bytes decode the same bytes again and again. */
const MAX_REUSE = 2;
/** Offsets below point into the head, which every TIFF begins with. */
const HEAD_BYTES = 8;

/**
 * Prices a page's strips or tiles before any is decoded, and sees that each lies in the file, as the decoder fills in black
 * for tiles that do not. A single uncompressed strip without a believable length gets the one that its pixels need.
 * @param maxBytes decoded bytes that the segments may come to
 * @returns the page with a byte count for every segment
 * @throws RangeError where a segment is missing or outside the file; GelqlError PICTURE_TOO_COSTLY
 */
export function assertSegments(page: TiffPage, file: Uint8Array, maxBytes: number): TiffPage {
  const planes = page.isPlanar ? page.samplesPerPixel : 1;
  const count = countSegments(page) * planes;
  const { tile, offsets } = page.segments;
  if (count > MAX_SEGMENTS) throw tooCostly(tile ? 'tiles' : 'strips', count, MAX_SEGMENTS);
  if (tile) {
    const across = Math.ceil(page.width / tile.width);
    if (across > MAX_TILES_ACROSS) throw tooCostly('tiles in a row', across, MAX_TILES_ACROSS);
  }
  const segmentBytes = measureSegment(page);
  // What the pixels themselves come to has a limit of its own, which the caller applies.
  const ownBytes = page.width * page.height * page.samplesPerPixel * (page.bitsPerSample[0]! / 8);
  const mostBytes = Math.max(maxBytes, 2 * ownBytes);
  if (segmentBytes * count > mostBytes)
    throw tooCostly('bytes in its tiles', segmentBytes * count, mostBytes);

  const byteCounts = mendByteCounts(page, count, segmentBytes);
  let encodedBytes = 0;
  for (let i = 0; i < count; i++) {
    const [offset, bytes] = [offsets[i], byteCounts[i]];
    if (offset === undefined || bytes === undefined || bytes === 0 || offset < HEAD_BYTES) {
      throw new RangeError(`strip or tile ${i} of ${count} is missing`);
    }
    if (offset + bytes > file.length) throw new RangeError(`strip or tile ${i} of ${count} is cut off`);
    encodedBytes += bytes;
    if (encodedBytes > file.length * MAX_REUSE) {
      throw tooCostly('bytes in its strips or tiles', encodedBytes, file.length * MAX_REUSE);
    }
    if (page.compression === CODEC.jpeg) assertJpegFrame(file.subarray(offset, offset + bytes));
  }
  return { ...page, segments: { ...page.segments, byteCounts } };
}

function mendByteCounts(page: TiffPage, count: number, segmentBytes: number): number[] {
  const { byteCounts } = page.segments;
  const isSingleRaw = count === 1 && page.compression === CODEC.none;
  if (!isSingleRaw || (byteCounts[0] ?? 0) >= segmentBytes) return byteCounts;
  return [segmentBytes];
}

/** Decoded bytes of one whole segment. */
function measureSegment(page: TiffPage): number {
  const { width, segments, samplesPerPixel, isPlanar, bitsPerSample } = page;
  const [columns, rows] = segments.tile
    ? [segments.tile.width, segments.tile.height]
    : [width, segments.rowsPerStrip];
  if (page.photometric === 6 && !segments.tile && page.compression === CODEC.none) {
    const [across, down] = page.yCbCrSubsampling;
    const blocks = Math.ceil(columns / across) * Math.ceil(rows / down);
    return blocks * (across * down + 2);
  }
  const perPixel = bitsPerSample[0]! * (isPlanar ? 1 : samplesPerPixel);
  return Math.ceil((columns * perPixel) / 8) * rows;
}
