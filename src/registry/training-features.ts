import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { loadArtifact, storeArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import { trainingFeatures } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import type { FeatureBank } from '../evaluation/novelty.js';
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
  /** Those with features come first, in the order of the rows. */
  pictures: readonly TrainingPicture[];
}

/** Pictures that are remembered; more fill the head of the file, which holds 8 MiB. */
const MAX_PICTURES = 10_000;
const MAX_NAME_LENGTH = 200;
/** What comparing every picture with every other may cost in multiplications: some 3 s. */
const MAX_PRODUCTS = 4e9;

const FORMAT = 'gelql-training-features/1';
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const pictureSchema = z.tuple([z.string(), hex(64), hex(64), hex(16).nullable(), z.number().int().min(0)]);
const picturesSchema = z.array(pictureSchema).max(MAX_PICTURES);

/** How many of a model's pictures keep their features: all of them, up to 2795 of 512 features, 988 of 4096. */
export function keptFeatureCount(pictureCount: number, featureSize: number): number {
  return Math.min(pictureCount, MAX_PICTURES, Math.floor(Math.sqrt(MAX_PRODUCTS / featureSize)));
}

/** A safetensors file of half floats: `features` [n, D], `distances` [n], the pictures as metadata. */
export function encodeTrainingFeatures({
  features,
  size,
  distances,
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
  return writeSafetensors(
    new Map([
      ['features', { shape: [distances.length, size], data: features }],
      ['distances', { shape: [distances.length], data: distances }],
    ]),
    { metadata: { format: FORMAT, pictures: JSON.stringify(rows) }, dtype: 'F16' },
  );
}

/** @throws GelqlError MODEL_CORRUPT where the bytes are not what `encodeTrainingFeatures` writes */
export function decodeTrainingFeatures(bytes: Uint8Array): TrainingFeatures {
  const { tensors, metadata } = readSafetensors(bytes);
  const features = tensors.get('features');
  const distances = tensors.get('distances');
  const parsed = picturesSchema.safeParse(parseJson(metadata.pictures ?? ''));
  const [count = 0, size = 0] = features?.shape ?? [];
  if (
    metadata.format !== FORMAT ||
    !parsed.success ||
    features?.shape.length !== 2 ||
    distances?.shape.join() !== String(count) ||
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
  return { features: features.data, size, distances: distances.data, labels, pictures };
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

export async function hasTrainingFeatures(scope: DatabaseScope, modelId: string): Promise<boolean> {
  return (await scope.drizzle.$count(trainingFeatures, eq(trainingFeatures.modelId, modelId))) > 0;
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
