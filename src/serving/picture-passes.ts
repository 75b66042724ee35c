import type { BatchedFeatures } from '../compute/batching/batcher.js';
import type { Compute } from '../compute/protocol.js';
import type { PreparedImage } from '../images/prepare-image.js';
import type { Config } from '../config.js';
import type { RasterRecipe } from '../words/picture.js';
import { applyHead, softmax } from '../networks/heads.js';
import type { Permit } from './admission.js';
import { batcherKey, type FeatureService } from './feature-service.js';
import type { ServedModel } from './served-model.js';

export interface PictureFile {
  filename: string;
  bytes: Uint8Array;
  /** Page of a multi-page file, from 0; null for the first. */
  page: number | null;
}

/** What one model says about one picture, and how it got there. */
export interface Scores {
  model: ServedModel;
  picture: PreparedImage;
  batch: BatchedFeatures;
  /** [C], in the order of the model's classes. */
  logits: Float32Array;
  /** Their softmax at the model's calibration temperature. */
  probabilities: Float32Array;
}

export interface PicturePasses {
  /**
   * @param model of one of the recipes that the passes were opened for
   * @param permit of a pass that is not made yet, where it is not the picture's own
   * @throws GelqlError of decoding or of the engine, to all models that share the step
   */
  scoreWith(model: ServedModel, permit?: Permit): Promise<Scores>;
}

export interface PassServices {
  config: Pick<Config, 'maxPixels'>;
  compute: Pick<Compute, 'prepareImage'>;
  features: FeatureService;
}

/**
 * One picture on its way to several heads: decoded once for each recipe, one pass for each backbone, a
 * matrix product for each head. The bytes of the file are handed over to the decoder: the caller has none afterwards.
 * @param options.lastMaps also keep the last feature maps, for explanations
 */
export function openPasses(
  services: PassServices,
  permit: Permit,
  file: PictureFile,
  recipes: ReadonlySet<RasterRecipe>,
  { lastMaps }: { lastMaps: boolean },
): PicturePasses {
  const pictures = decodeForEach(services, permit, file, recipes);
  const batches = new Map<string, Promise<BatchedFeatures>>();

  function batchOf(model: ServedModel, input: Uint8Array, asked: Permit): Promise<BatchedFeatures> {
    const { backbone, engine } = model;
    const key = passKey(model);
    const batch =
      batches.get(key) ?? services.features.featuresOf(asked, backbone, engine, input, { lastMaps });
    batches.set(key, batch);
    return batch;
  }

  return {
    async scoreWith(model, asked = permit) {
      const decoded = pictures.get(model.row.recipe);
      if (decoded === undefined) throw new Error(`No pass was opened for ${model.row.name}.`);
      const picture = await decoded;
      const batch = await batchOf(model, picture.inputs, asked);
      const logits = applyHead(model.head, batch.features, 1);
      return { model, picture, batch, logits, probabilities: softmax(logits, 1, model.temperature) };
    },
  };
}

/** Whether two models take the same features of a picture, so that one pass serves both. */
export function sharesPass(one: ServedModel, other: ServedModel): boolean {
  return passKey(one) === passKey(other);
}

function passKey({ backbone, engine, row }: ServedModel): string {
  return `${row.recipe} ${batcherKey(backbone, engine)}`;
}

function decodeForEach(
  { config, compute }: PassServices,
  permit: Permit,
  { bytes, page }: PictureFile,
  recipes: ReadonlySet<RasterRecipe>,
): Map<RasterRecipe, Promise<PreparedImage>> {
  const { priority, signal } = permit;
  const last = [...recipes].at(-1);
  const pictures = new Map(
    [...recipes].map((recipe) => {
      const task = { bytes, page, recipe, views: 1, maxPixels: config.maxPixels };
      // Tasks of one priority start in the order in which they came: the earlier ones have had their copies.
      const options = { lane: 'serving', priority, signal, isHandedOver: recipe === last } as const;
      return [recipe, compute.prepareImage(task, options)];
    }),
  );
  void Promise.allSettled(pictures.values()).then(() => permit.dropBytes());
  return pictures;
}
