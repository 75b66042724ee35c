import { type GreyRaster, INPUT_PIXELS, INPUT_SIDE, type RasterRecipe } from '../words/picture.js';
import type { Augmentation } from '../words/training-settings.js';
import { createRandom, type Random } from './random.js';
import { resizeBilinear } from './resize.js';
import { rotate } from './rotate.js';
import { type StretchWindow, toEightBit } from './stretch.js';
import type { Plane } from './strong-views/panel.js';
import { renderStrongView } from './strong-views/strong-view.js';
import { STRONG_VERSION } from './strong-views/view-plan.js';
import { toneTable } from './tone-table.js';

const LIGHT_VERSION = 'augment-v1';
/** Part of the key of cached features: views of another version are other pictures. */
export const AUGMENTATION_VERSIONS: Readonly<Record<Augmentation, string>> = {
  LIGHT: LIGHT_VERSION,
  STRONG: STRONG_VERSION,
};

/** Side of the square in which views are made: a crop of 0.7 of it still has the 224 pixels of the network input. */
const WORK_SIDE = 320;

/** How one light view differs from the picture. All integers, so that the view is the same on every machine. */
export interface ViewPlan {
  isFlipped: boolean;
  /** Tenths of a degree, -70..70. */
  rotation: number;
  /** Side of the crop in the 320-pixel square, 224..320 (0.7..1), and where it starts. */
  cropSide: number;
  cropX: number;
  cropY: number;
  isInverted: boolean;
  /** Exponent in 64ths, 39..102 (0.61..1.59). */
  gamma: number;
  /** Slope around mid grey in 1/1024, 717..1434 (0.7..1.4). */
  contrast: number;
}

/**
 * The picture and its augmented views, fixed by the raster's digest and the view's number: the same picture gives the same
 * views in every run, in every order and at every count.
 * @param views at least 1, of which the first is the picture as it is
 * @param window percentiles 0.1 and 99.9 of the raster, where they are known already
 * @returns [views * 224 * 224]; view 0 is `networkInput(raster, recipe)`
 */
export async function augmentedViews(
  raster: GreyRaster,
  recipe: RasterRecipe,
  rasterSha256: string,
  { views, augmentation }: { views: number; augmentation: Augmentation },
  window?: StretchWindow,
): Promise<Uint8Array> {
  const bytes = toEightBit(raster, recipe, window);
  const { width, height } = raster;
  const result = new Uint8Array(views * INPUT_PIXELS);
  result.set(resizeBilinear(bytes, width, height, INPUT_SIDE, INPUT_SIDE), 0);
  if (views === 1) return result;

  const render = createRenderer({ width, height, pixels: bytes }, augmentation);
  for (let view = 1; view < views; view++) {
    const random = createRandom(`${AUGMENTATION_VERSIONS[augmentation]}:${rasterSha256}:${view}`);
    result.set(await render(random), view * INPUT_PIXELS);
  }
  return result;
}

function createRenderer(
  picture: Plane,
  augmentation: Augmentation,
): (random: Random) => Uint8Array | Promise<Uint8Array> {
  switch (augmentation) {
    case 'LIGHT': {
      const square = resizeBilinear(picture.pixels, picture.width, picture.height, WORK_SIDE, WORK_SIDE);
      return (random) => renderView(square, planView(random));
    }
    case 'STRONG':
      return (random) => renderStrongView(picture, random);
  }
}

/** The order of the draws is part of the version. */
export function planView(random: Random): ViewPlan {
  const isFlipped = random.below(2) === 1;
  const rotation = random.between(-70, 70);
  const cropSide = random.between(INPUT_SIDE, WORK_SIDE);
  return {
    isFlipped,
    rotation,
    cropSide,
    cropX: random.between(0, WORK_SIDE - cropSide),
    cropY: random.between(0, WORK_SIDE - cropSide),
    isInverted: random.below(10) < 3,
    gamma: random.between(39, 102),
    contrast: random.between(717, 1434),
  };
}

function renderView(square: Uint8Array, plan: ViewPlan): Uint8Array {
  const turned = rotate(square, WORK_SIDE, plan.rotation);
  const cropped = crop(turned, plan);
  const view = resizeBilinear(cropped, plan.cropSide, plan.cropSide, INPUT_SIDE, INPUT_SIDE);
  const tones = toneTable(plan);
  for (let i = 0; i < view.length; i++) view[i] = tones[view[i]!]!;
  return plan.isFlipped ? flip(view) : view;
}

function crop(square: Uint8Array, { cropSide, cropX, cropY }: ViewPlan): Uint8Array {
  const result = new Uint8Array(cropSide * cropSide);
  for (let y = 0; y < cropSide; y++) {
    const start = (cropY + y) * WORK_SIDE + cropX;
    result.set(square.subarray(start, start + cropSide), y * cropSide);
  }
  return result;
}

/** Left to right: the order of the lanes means nothing. */
function flip(view: Uint8Array): Uint8Array {
  for (let row = 0; row < view.length; row += INPUT_SIDE) view.subarray(row, row + INPUT_SIDE).reverse();
  return view;
}
