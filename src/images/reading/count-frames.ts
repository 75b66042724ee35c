import type { PictureFormat } from '../../words/picture.js';
import { tooCostly, unreadable } from './decode-failure.js';

/** Frames of an animation: the decoder looks at every one before it shows the first (200,000 took over 25 s). */
const MAX_FRAMES = 1_000;
/** Pixels of the frames up to the one that is asked for, over the limit of pixels: each frame is drawn on the one before. */
const MAX_DRAWN = 4;

/**
 * Frames of a GIF or an animated WebP, told from its blocks; 1 for every other format and for a still picture.
 * @throws GelqlError UNREADABLE_OR_TRUNCATED for a GIF that ends before its trailer
 */
export function countFrames(file: Buffer, format: PictureFormat): number {
  if (format === 'webp') return Math.max(1, countWebpFrames(file));
  return format === 'gif' ? countGifFrames(file) : 1;
}

/** @throws GelqlError PICTURE_TOO_COSTLY */
export function assertFrames(frames: number, page: number, pixels: number, maxPixels: number): void {
  if (frames > MAX_FRAMES) throw tooCostly('frames', frames, MAX_FRAMES);
  const drawn = (page + 1) * pixels;
  if (page > 0 && drawn > maxPixels * MAX_DRAWN) {
    throw tooCostly('pixels in the frames before that page', drawn, maxPixels * MAX_DRAWN);
  }
}

function countWebpFrames(file: Buffer): number {
  let frames = 0;
  for (let at = 12; at + 8 <= file.length;) {
    if (file.toString('latin1', at, at + 4) === 'ANMF') frames++;
    const bytes = file.readUInt32LE(at + 4);
    at += 8 + bytes + (bytes & 1);
  }
  return frames;
}

const GIF = { image: 0x2c, extension: 0x21, trailer: 0x3b } as const;

function countGifFrames(file: Buffer): number {
  try {
    let at = 13 + colourTableBytes(file.readUInt8(10));
    let frames = 0;
    for (let block = file.readUInt8(at); block !== GIF.trailer; block = file.readUInt8(at)) {
      if (block === GIF.image) {
        frames++;
        at = skipSubBlocks(file, at + 11 + colourTableBytes(file.readUInt8(at + 9)));
      } else if (block === GIF.extension) at = skipSubBlocks(file, at + 2);
      else throw new RangeError('a block of an unknown kind');
    }
    if (frames === 0) throw new RangeError('no picture in it');
    return frames;
  } catch (error) {
    throw unreadable(error, 'gif');
  }
}

function colourTableBytes(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

function skipSubBlocks(file: Buffer, start: number): number {
  let at = start;
  for (let bytes = file.readUInt8(at); bytes !== 0; bytes = file.readUInt8(at)) at += 1 + bytes;
  return at + 1;
}
