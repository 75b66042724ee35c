import { type PictureFacts, type PictureWarning, type RasterRecipe, INPUT_PIXELS } from '../words/picture.js';
import type { Augmentation } from '../words/training-settings.js';
import { augmentedViews } from './augment.js';
import { decodeImage } from './reading/decode-image.js';
import { networkInput } from './network-input.js';
import { hashMiniature } from './facts/perceptual-hash.js';
import { miniatureOf } from './facts/miniature.js';

export interface PrepareImageTask {
  bytes: Uint8Array;
  /** Page of a multi-page file, from 0; null takes the first and warns where there are more. */
  page: number | null;
  recipe: RasterRecipe;
  /** 1 = the picture as it is; V > 1 adds V-1 augmented views, fixed by the picture's rasterSha256. */
  views: number;
  /** How the views differ from the picture; LIGHT where absent. */
  augmentation?: Augmentation | undefined;
  maxPixels: number;
}

export interface PreparedImage {
  facts: PictureFacts;
  warnings: PictureWarning[];
  /** [views, 224, 224]; view 0 is the picture as it is. */
  inputs: Uint8Array;
  /** [64, 64], what the picture is compared with others by. */
  miniature: Uint8Array;
  decodeMs: number;
}

/**
 * The image lane's task, run in a worker thread: bytes in, facts and network inputs out.
 * `decodeMs` covers decoding, statistics, views and hash.
 * @throws GelqlError with the codes of decodeImage
 */
export async function prepareImage(task: PrepareImageTask): Promise<PreparedImage> {
  const startedAt = performance.now();
  const { facts, warnings, raster } = await decodeImage(task.bytes, task);
  const window = { low: facts.stretchLow, high: facts.stretchHigh };
  const { views, augmentation = 'LIGHT' } = task;
  const inputs = await augmentedViews(
    raster,
    task.recipe,
    facts.rasterSha256,
    { views, augmentation },
    window,
  );
  const plain =
    task.recipe === 'gel-v1' ? inputs.subarray(0, INPUT_PIXELS) : networkInput(raster, 'gel-v1', window);
  const miniature = miniatureOf(plain);
  return {
    facts: { ...facts, perceptualHash: hashMiniature(miniature) },
    warnings,
    inputs,
    miniature,
    decodeMs: performance.now() - startedAt,
  };
}
