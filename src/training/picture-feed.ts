import { at } from '../at.js';
import { setMaxListeners } from 'node:events';
import type { Compute, PictureBatch, PictureFeed } from '../compute/protocol.js';
import { INPUT_PIXELS, type RasterRecipe } from '../words/picture.js';
import type { Augmentation } from '../words/training-settings.js';
import { createRandom, shuffle } from '../random.js';

/** Network inputs kept in memory, 10,000 views; what is beyond is decoded anew in each epoch. */
const KEPT_BYTES = 512 * 1024 * 1024;
/** Pictures that are decoded ahead at once: enough for every decoder to have the next one waiting. */
const DECODED_AT_ONCE = 8;

export interface FeedRequest {
  /** SHA-256 of bytes and raster, and the class. */
  pictures: readonly { sha256: string; rasterSha256: string; label: number }[];
  /** Positions in `pictures`. */
  train: readonly number[];
  validation: readonly number[];
  loadBytes: (sha256: string) => Promise<Uint8Array>;
  recipe: RasterRecipe;
  /** Views per training picture: each epoch draws one; validation sees the picture as it is. */
  views: number;
  augmentation: Augmentation;
  batchSize: number;
  seed: number;
  maxPixels: number;
}

/**
 * The batches of a training inside a network: every training picture once in an epoch, in an order and a view that the seed
 * and the number of the epoch give. Pictures are decoded in the order in which they will be needed, ahead of the training,
 * until `signal` is aborted.
 */
export function createPictureFeed(
  compute: Pick<Compute, 'prepareImage'>,
  request: FeedRequest,
  signal: AbortSignal,
): PictureFeed {
  const { train, validation, views, batchSize, seed, pictures } = request;
  const viewsOf = createViews(compute, request, signal);

  const orderOf = (epoch: number) => shuffle(Int32Array.from(train), createRandom(seed, `order ${epoch}`));
  const gather = async (chosen: readonly { picture: number; view: number }[]): Promise<PictureBatch> => {
    const inputs = new Uint8Array(chosen.length * INPUT_PIXELS);
    const all = await Promise.all(chosen.map(({ picture }) => viewsOf.get(picture)));
    chosen.forEach(({ view }, row) => {
      const start = view * INPUT_PIXELS;
      inputs.set(all[row]?.subarray(start, start + INPUT_PIXELS) ?? [], row * INPUT_PIXELS);
    });
    return {
      inputs,
      labels: Int32Array.from(chosen, ({ picture }) => at(pictures, picture).label),
      keys: chosen.map(({ picture, view }) => `${at(pictures, picture).rasterSha256} ${view}`),
    };
  };
  async function* cut(chosen: readonly { picture: number; view: number }[]): AsyncGenerator<PictureBatch> {
    for (let start = 0; start < chosen.length; start += batchSize) {
      yield await gather(chosen.slice(start, start + batchSize));
    }
  }

  return {
    drawEpoch(number) {
      const order = orderOf(number);
      viewsOf.decodeAhead([...order, ...validation]);
      const random = createRandom(seed, `views ${number}`);
      return cut(
        Array.from(order, (picture) => ({ picture, view: views > 1 ? random.nextBelow(views) : 0 })),
      );
    },
    drawValidation: () => cut(validation.map((picture) => ({ picture, view: 0 }))),
  };
}

/** Decoded pictures, each [views, 224, 224]. */
function createViews(
  compute: Pick<Compute, 'prepareImage'>,
  { pictures, views, augmentation, recipe, maxPixels, loadBytes }: FeedRequest,
  signal: AbortSignal,
) {
  setMaxListeners(0, signal);
  const kept = new Map<number, Promise<Uint8Array>>();
  const mostKept = Math.floor(KEPT_BYTES / (views * INPUT_PIXELS));
  let isAhead = false;

  async function decode(picture: number): Promise<Uint8Array> {
    const bytes = await loadBytes(at(pictures, picture).sha256);
    const task = { bytes, page: null, recipe, views, augmentation, maxPixels };
    return (await compute.prepareImage(task, { lane: 'training', signal })).inputs;
  }

  function get(picture: number): Promise<Uint8Array> {
    const known = kept.get(picture);
    if (known !== undefined) return known;
    const decoding = decode(picture);
    if (kept.size < mostKept) kept.set(picture, decoding);
    // Whoever needs it meets the failure; one that is only kept ahead is nobody's yet.
    decoding.catch(() => undefined);
    return decoding;
  }

  return {
    get,
    /** Once: afterwards everything that fits is there, or on its way. */
    decodeAhead(order: readonly number[]): void {
      if (isAhead) return;
      isAhead = true;
      const next = order.slice(0, mostKept).values();
      const decodeRest = async () => {
        for (const picture of next) {
          if (signal.aborted) return;
          await get(picture).catch(() => undefined);
        }
      };
      for (let line = 0; line < DECODED_AT_ONCE; line += 1) void decodeRest();
    },
  };
}
