import { sharp } from './sharp-setup.js';

/** Strength of the colour at full evidence, 0..1. */
const OPACITY = 0.6;

/**
 * The grey network input with the evidence laid over it in red, as a PNG.
 * @param grid one byte a cell, row-major, enlarged smoothly to the picture's size
 */
export async function overlayPng(options: {
  side: number;
  grey: Uint8Array;
  grid: { width: number; height: number; values: Uint8Array };
}): Promise<Uint8Array> {
  const { side, grey, grid } = options;
  const evidence = await sharp(grid.values, { raw: { width: grid.width, height: grid.height, channels: 1 } })
    .resize(side, side, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const pixels = Buffer.alloc(side * side * 3);
  for (let index = 0; index < side * side; index += 1) {
    const base = grey[index] ?? 0;
    const strength = (OPACITY * (evidence[index] ?? 0)) / 255;
    pixels[index * 3] = Math.round(base * (1 - strength) + 255 * strength);
    pixels[index * 3 + 1] = Math.round(base * (1 - strength));
    pixels[index * 3 + 2] = Math.round(base * (1 - strength));
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}
