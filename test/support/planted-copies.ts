import type { ComparedPicture } from '../../src/datasets/picture-index.js';
import { createPlane, mapPlane } from '../../tools/synthesize/plane.js';
import { drawText } from '../../tools/synthesize/stroke-font.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import { encodeGrey } from '../../src/images/encode-image.js';
import { prepareImage } from '../../src/images/prepare-image.js';
import { resizeBilinear } from '../../src/images/resize.js';
import { rotate } from '../../src/images/rotate.js';
import { toneTable } from '../../src/images/tone-table.js';

/** An upright picture of 8 bits. */
export interface Copied {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Side of the square in which pictures are turned by small angles. */
const TURNING_SIDE = 512;

/** What people do to a picture before it turns up a second time. Each returns a picture file. */
export const COPIES: Readonly<Record<string, (picture: Copied) => Promise<Buffer>>> = {
  'JPEG, quality 30': (picture) => encodeGrey(picture, { format: 'jpeg', quality: 30 }),
  'gamma 0.6': (picture) => asPng(withTones(picture, { gamma: 38 })),
  'gamma 1.6': (picture) => asPng(withTones(picture, { gamma: 102 })),
  'half the size': (picture) => asPng(resized(picture, picture.width >> 1, picture.height >> 1)),
  mirrored: (picture) => asPng(rearranged(picture, (x, y) => ({ x: picture.width - 1 - x, y }))),
  'turned by 90 degrees': (picture) => asPng(quarterTurned(picture)),
  'turned by 180 degrees': (picture) =>
    asPng(rearranged(picture, (x, y) => ({ x: picture.width - 1 - x, y: picture.height - 1 - y }))),
  inverted: (picture) => asPng(withTones(picture, { isInverted: true })),
  'mirrored, inverted, JPEG 50': (picture) =>
    encodeGrey(
      withTones(
        rearranged(picture, (x, y) => ({ x: picture.width - 1 - x, y })),
        { isInverted: true },
      ),
      { format: 'jpeg', quality: 50 },
    ),
  'lane numbers written in': (picture) => asPng(labelled(picture)),
  'caption below': (picture) => asPng(captioned(picture)),
  'cut to 95 %': (picture) => asPng(cut(picture, 0.95, 0.5, 0.5)),
  'cut to 90 %': (picture) => asPng(cut(picture, 0.9, 0.5, 0.5)),
  'cut to 80 %': (picture) => asPng(cut(picture, 0.8, 0.5, 0.5)),
  'cut to 80 %, a corner': (picture) => asPng(cut(picture, 0.8, 1, 0)),
  'cut to 90 %, inverted, JPEG 50': (picture) =>
    encodeGrey(withTones(cut(picture, 0.9, 0.3, 0.6), { isInverted: true }), { format: 'jpeg', quality: 50 }),
  'turned by 1 degree': (picture) => asPng(turned(picture, 10)),
  'turned by 2 degrees': (picture) => asPng(turned(picture, 20)),
  'turned by 5 degrees': (picture) => asPng(turned(picture, 50)),
  'cut to 90 %, mirrored': (picture) => {
    const part = cut(picture, 0.9, 0.5, 0.5);
    return asPng(rearranged(part, (x, y) => ({ x: part.width - 1 - x, y })));
  },
  'cut to 70 %': (picture) => asPng(cut(picture, 0.7, 0.5, 0.5)),
};

/** The canonical raster of a file on 8 bits, as somebody's picture program shows it. */
export async function readCopied(bytes: Uint8Array): Promise<Copied> {
  const { raster } = await decodeImage(bytes, { recipe: 'gel-v1', maxPixels: 100_000_000 });
  const { width, height, pixels } = raster;
  if (pixels instanceof Uint8Array) return { width, height, pixels };
  const maximum = [...pixels].reduce((largest, value) => Math.max(largest, value), 0);
  return { width, height, pixels: Uint8Array.from(pixels, (value) => (value * 255) / maximum) };
}

/** What the search for near-duplicates sees of a file. */
export async function readCompared(bytes: Uint8Array): Promise<ComparedPicture> {
  const task = { bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: 100_000_000 } as const;
  const { facts, miniature } = await prepareImage(task);
  return { perceptualHash: facts.perceptualHash ?? null, miniature };
}

const asPng = (picture: Copied) => encodeGrey(picture, { format: 'png' });

function rearranged(
  { width, height, pixels }: Copied,
  sourceOf: (x: number, y: number) => { x: number; y: number },
): Copied {
  const result = pixels.map((_, index) => {
    const { x, y } = sourceOf(index % width, Math.floor(index / width));
    return pixels[y * width + x] ?? 0;
  });
  return { width, height, pixels: result };
}

function quarterTurned({ width, height, pixels }: Copied): Copied {
  const result = pixels.map((_, index) => {
    const [x, y] = [index % height, Math.floor(index / height)];
    return pixels[(height - 1 - x) * width + y] ?? 0;
  });
  return { width: height, height: width, pixels: result };
}

function withTones(
  picture: Copied,
  { gamma = 64, isInverted = false }: { gamma?: number; isInverted?: boolean },
): Copied {
  const tones = toneTable({ gamma, contrast: 1024, isInverted });
  return { ...picture, pixels: picture.pixels.map((value) => tones[value] ?? 0) };
}

function resized({ width, height, pixels }: Copied, newWidth: number, newHeight: number): Copied {
  return {
    width: newWidth,
    height: newHeight,
    pixels: resizeBilinear(pixels, width, height, newWidth, newHeight),
  };
}

function turned(picture: Copied, tenths: number): Copied {
  const square = resized(picture, TURNING_SIDE, TURNING_SIDE);
  return { ...square, pixels: rotate(square.pixels, TURNING_SIDE, tenths) };
}

/** @param across, down where the part lies in what is left over, 0..1 */
function cut({ width, height, pixels }: Copied, share: number, across: number, down: number): Copied {
  const [newWidth, newHeight] = [Math.round(width * share), Math.round(height * share)];
  const left = Math.round((width - newWidth) * across);
  const top = Math.round((height - newHeight) * down);
  const result = new Uint8Array(newWidth * newHeight);
  for (let y = 0; y < newHeight; y += 1) {
    const start = (top + y) * width + left;
    result.set(pixels.subarray(start, start + newWidth), y * newWidth);
  }
  return { width: newWidth, height: newHeight, pixels: result };
}

function labelled(picture: Copied): Copied {
  const { width, height, pixels } = picture;
  const ink = createPlane(width, height);
  const capHeight = Math.max(7, height * 0.03);
  for (let lane = 0; lane < 10; lane += 1) {
    const x = ((lane + 0.5) * width) / 10;
    drawText(ink, String(lane + 1), x, capHeight, { capHeight, value: 1, align: 'centre' });
  }
  return { ...picture, pixels: pixels.map((value, index) => blend(value, 255, ink.values[index] ?? 0)) };
}

/** A white strip of a tenth of the height with black text. */
function captioned({ width, height, pixels }: Copied): Copied {
  const strip = Math.round(height / 10);
  const ink = createPlane(width, height + strip);
  const capHeight = strip / 3;
  drawText(ink, 'Fig. 3: PCR of samples 1 to 12', 4, height + capHeight, { capHeight, value: 1 });
  const page = createPlane(width, height + strip);
  mapPlane(page, (_, x, y) => {
    const ground = y < height ? (pixels[y * width + x] ?? 0) : 255;
    return blend(ground, 0, ink.values[y * width + x] ?? 0);
  });
  return { width, height: height + strip, pixels: Uint8Array.from(page.values) };
}

function blend(ground: number, ink: number, share: number): number {
  return ground + (ink - ground) * Math.min(1, share);
}
