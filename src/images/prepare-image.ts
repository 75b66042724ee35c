import type { PreparedImage, PrepareImageTask } from '../compute/protocol.js';
import { augmentedViews } from './augment.js';
import { decodeImage } from './decode-image.js';
import { networkInput } from './network-input.js';
import { hashMiniature } from './perceptual-hash.js';
import { INPUT_PIXELS } from './picture.js';
import { miniatureOf } from './miniature.js';

/**
 * The image lane's task, run in a worker thread: bytes in, facts and network inputs out.
 * `decodeMs` covers decoding, statistics, views and hash.
 * @throws GelqlError with the codes of decodeImage
 */
export async function prepareImage(task: PrepareImageTask): Promise<PreparedImage> {
  const startedAt = performance.now();
  const { facts, warnings, raster } = await decodeImage(task.bytes, task);
  const window = { low: facts.stretchLow, high: facts.stretchHigh };
  const inputs = augmentedViews(raster, task.recipe, facts.rasterSha256, task.views, window);
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
