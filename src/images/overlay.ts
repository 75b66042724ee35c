import { sharp } from './sharp-setup.js';

/** Strength of the colour at full evidence, 0..1. */
const OPACITY = 0.6;
const RED = { r: 255, g: 0, b: 0 };

/**
 * Evidence in red on nothing: a PNG to be laid over the whole picture, stretched to its size.
 * @param options.side of the PNG, in pixels
 * @param options.grid one byte a cell, row-major, enlarged smoothly; it becomes the opacity
 */
export async function overlayPng(options: {
  side: number;
  grid: { width: number; height: number; values: Uint8Array };
}): Promise<Uint8Array<ArrayBuffer>> {
  const { side, grid } = options;
  const evidence = await sharp(grid.values, { raw: { width: grid.width, height: grid.height, channels: 1 } })
    .resize(side, side, { fit: 'fill', kernel: 'cubic' })
    .linear(OPACITY)
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const png = await sharp({ create: { width: side, height: side, channels: 3, background: RED } })
    .joinChannel(evidence, { raw: { width: side, height: side, channels: 1 } })
    .png()
    .toBuffer();
  return new Uint8Array(png);
}
