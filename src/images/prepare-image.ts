import type { PreparedImage, PrepareImageTask } from '../compute/protocol.js';
import { augmentedViews } from './augment.js';
import { decodeImage } from './decode-image.js';

/**
 * The image lane's task, run in a worker thread: bytes in, facts and network inputs out.
 * `decodeMs` covers decoding, statistics and views.
 * @throws GelqlError with the codes of decodeImage
 */
export async function prepareImage(task: PrepareImageTask): Promise<PreparedImage> {
  const startedAt = performance.now();
  const { facts, warnings, raster } = await decodeImage(task.bytes, task);
  const window = { low: facts.stretchLow, high: facts.stretchHigh };
  const inputs = augmentedViews(raster, task.recipe, facts.rasterSha256, task.views, window);
  return { facts, warnings, inputs, decodeMs: performance.now() - startedAt };
}
