import { type GreyRaster, INPUT_SIDE, type RasterRecipe } from '../words/picture.js';
import { resizeBilinear } from './resize.js';
import { type StretchWindow, toEightBit } from './stretch.js';

/**
 * The picture as the network sees it: on 8 bits by the recipe, then squashed to 224 x 224 without keeping the aspect, as
 * the published experiment did. The stretch comes before the resize, at full depth, so one exact 8-bit resize serves all.
 * @param window percentiles 0.1 and 99.9 of the raster, where they are known already
 * @returns [224 * 224]
 */
export function networkInput(raster: GreyRaster, recipe: RasterRecipe, window?: StretchWindow): Uint8Array {
  const bytes = toEightBit(raster, recipe, window);
  return resizeBilinear(bytes, raster.width, raster.height, INPUT_SIDE, INPUT_SIDE);
}
