import { INPUT_SIDE } from '../../words/picture.js';
import { resizeBilinear } from '../resize.js';

/** Side of the square miniature in pixels. */
export const MINIATURE_SIDE = 64;
/** Pixels of one miniature. */
export const MINIATURE_PIXELS = MINIATURE_SIDE * MINIATURE_SIDE;

/** A rectangle of a miniature in pixels: `left` and `top` belong to it, `right` and `bottom` do not. */
export interface MiniatureWindow {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const WHOLE_MINIATURE: MiniatureWindow = {
  left: 0,
  top: 0,
  right: MINIATURE_SIDE,
  bottom: MINIATURE_SIDE,
};

/**
 * What pictures are compared by: the network input of `gel-v1`, reduced once more. Starting from the 224 x 224 pixels that
 * are there anyway costs a hundredth of reducing the raster again, and exports of one gel on 8 and on 16 bits agree.
 * @param input [224 * 224] of `gel-v1`, whatever recipe the network takes
 * @returns [64 * 64]
 */
export function miniatureOf(input: Uint8Array): Uint8Array {
  return resizeBilinear(input, INPUT_SIDE, INPUT_SIDE, MINIATURE_SIDE, MINIATURE_SIDE);
}
