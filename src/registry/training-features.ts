import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { loadArtifact, storeArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import { trainingFeatures } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import type { FeatureBank } from '../evaluation/novelty.js';
import { MINIATURE_SIDE } from '../images/facts/miniature.js';
import type { Tensor, TensorMap } from '../words/architecture.js';
import { readSafetensors, writeSafetensors } from '../networks/weights/safetensors.js';

/** A picture that a model was trained on, without its pixels. */
export interface TrainingPicture {
  name: string;
  sha256: string;
  rasterSha256: string;
  perceptualHash: string | null;
  label: number;
}

/** What a model knows of the pictures that it was trained on: by it answers are told from guesses far away. */
export interface TrainingFeatures extends FeatureBank {
  /** [count, 64, 64], of the pictures with features. */
  miniatures: Uint8Array;
  /** Those with features come first, in the order of the rows. */
  pictures: readonly TrainingPicture[];
}

/** Pictures that are remembered; more fill the head of the file, which holds 8 MiB. */
const MAX_PICTURES = 10_000;
const MAX_NAME_LENGTH = 200;
/** What comparing every picture with every other may cost in multiplications: some 3 s. */
const MAX_PRODUCTS = 4e9;

const FORMAT = 'gelql-training-features/1';
const MINIATURES = 'miniatures';
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const pictureSchema = z.tuple([z.string(), hex(64), hex(64), hex(16).nullable(), z.number().int().min(0)]);
const picturesSchema = z.array(pictureSchema).max(MAX_PICTURES);

/** How many of a model's pictures keep their features: all of them, up to 2795 of 512 features, 988 of 4096. */
export function keptFeatureCount(pictureCount: number, featureSize: number): number {
  return Math.min(pictureCount, MAX_PICTURES, Math.floor(Math.sqrt(MAX_PRODUCTS / featureSize)));
}

/**
 * A safetensors file: half floats `features` [n, D] and `distances` [n], bytes `miniatures` [n, 64, 64], the pictures as
 * metadata.
 */
export function encodeTrainingFeatures({
  features,
  size,
  distances,
  miniatures,
  pictures,
}: Omit<TrainingFeatures, 'labels'>): Uint8Array {
  const rows = pictures
    .slice(0, MAX_PICTURES)
    .map(({ name, sha256, rasterSha256, perceptualHash, label }) => [
      name.slice(0, MAX_NAME_LENGTH),
      sha256,
      rasterSha256,
      perceptualHash,
      label,
    ]);
  const count = distances.length;
  const tensors: TensorMap = new Map([
    ['features', { shape: [count, size], data: features }],
    ['distances', { shape: [count], data: distances }],
    [MINIATURES, { shape: [count, MINIATURE_SIDE, MINIATURE_SIDE], data: Float32Array.from(miniatures) }],
  ]);
  const metadata = { format: FORMAT, pictures: JSON.stringify(rows) };
  return writeSafetensors(tensors, { metadata, dtype: 'F16', bytes: new Set([MINIATURES]) });
}

/** @throws GelqlError MODEL_CORRUPT where the bytes are not what `encodeTrainingFeatures` writes */
export function decodeTrainingFeatures(bytes: Uint8Array): TrainingFeatures {
  const { tensors, metadata } = readSafetensors(bytes);
  const features = tensors.get('features');
  const distances = tensors.get('distances');
  const miniatures = tensors.get(MINIATURES);
  const parsed = picturesSchema.safeParse(parseJson(metadata.pictures ?? ''));
  const [count = 0, size = 0] = features?.shape ?? [];
  const pixels = miniatures === undefined ? null : toPixels(miniatures, count);
  if (
    metadata.format !== FORMAT ||
    !parsed.success ||
    features?.shape.length !== 2 ||
    distances?.shape.join() !== String(count) ||
    pixels === null ||
    count > parsed.data.length ||
    !features.data.every(Number.isFinite) ||
    !distances.data.every(Number.isFinite)
  ) {
    throw new GelqlError('MODEL_CORRUPT', 'The training features of the model cannot be read.');
  }
  const pictures = parsed.data.map(
    ([name, sha256, rasterSha256, perceptualHash, label]): TrainingPicture => ({
      ...{ name, sha256, rasterSha256, perceptualHash, label },
    }),
  );
  const labels = pictures.slice(0, count).map(({ label }) => label);
  return {
    ...{ features: features.data, size, distances: distances.data, labels, pictures },
    miniatures: pixels,
  };
}

/** @returns [count * 64 * 64], or null where it is of another shape or holds anything but whole numbers of 0 to 255 */
function toPixels({ shape, data }: Tensor, count: number): Uint8Array | null {
  if (shape.join() !== [count, MINIATURE_SIDE, MINIATURE_SIDE].join()) return null;
  // What is no pixel value becomes another one.
  const pixels = new Uint8Array(data);
  return pixels.every((pixel, place) => pixel === data[place]) ? pixels : null;
}

/** Binds training features to a model, once. */
export async function insertTrainingFeatures(
  scope: DatabaseScope,
  modelId: string,
  bytes: Uint8Array,
): Promise<void> {
  const sha256 = await storeArtifact(scope, 'training-features', bytes);
  await scope.drizzle.insert(trainingFeatures).values({ modelId, sha256 });
}

/** @returns null for a model that came without. @throws GelqlError MODEL_CORRUPT */
export async function loadTrainingFeatures(
  scope: DatabaseScope,
  modelId: string,
): Promise<{ sha256: string; bytes: Uint8Array } | null> {
  const [row] = await scope.drizzle
    .select({ sha256: trainingFeatures.sha256 })
    .from(trainingFeatures)
    .where(eq(trainingFeatures.modelId, modelId));
  return row === undefined ? null : { sha256: row.sha256, bytes: await loadArtifact(scope, row.sha256) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
