import { isFloat32Array, isInt32Array, isUint8Array } from 'node:util/types';
import { MessagePort } from 'node:worker_threads';
import { z } from 'zod';
import { GelqlError } from '../errors.js';
import { INPUT_PIXELS, RASTER_RECIPES } from '../words/picture.js';
import { ARCHITECTURES, FEATURE_POINTS, HEADS, type BackboneRecord } from '../words/architecture.js';
import { TRAINED_PARTS, OPTIMIZERS } from '../words/training-settings.js';
import { ENGINE_NAMES } from '../words/device.js';
import type { FedNetworkTask } from './network-training/run-network-training.js';
import type { ExtractFeaturesTask, TrainHeadTask } from './protocol.js';
import type { ThumbnailTask } from '../images/thumbnail.js';
import type { PrepareImageTask } from '../images/prepare-image.js';

/** What a worker accepts: the types of protocol.ts with their shapes, lengths and ranges, checked at the thread's border. */

const bytes = z.custom<Uint8Array>(isUint8Array, 'must be a Uint8Array');
const floats = z.custom<Float32Array>(isFloat32Array, 'must be a Float32Array');
const integers = z.custom<Int32Array>(isInt32Array, 'must be an Int32Array');
const atLeast = (minimum: number) => z.number().int().min(minimum);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');
const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/** Fields of an EnginePlace. */
export const enginePlace = {
  softwareGpu: z.boolean(),
  card: atLeast(0).nullable(),
  cacheDir: z.string().min(1),
};
/** Fields of EngineOptions. */
export const engineOptions = { ...enginePlace, threads: atLeast(1) };

const prepareImageSchema = z.object({
  bytes,
  page: atLeast(0).nullable(),
  recipe: z.enum(RASTER_RECIPES),
  views: atLeast(1),
  maxPixels: atLeast(1),
}) satisfies z.ZodType<PrepareImageTask>;

const thumbnailSchema = z.object({
  bytes,
  side: atLeast(1),
  maxPixels: atLeast(1),
}) satisfies z.ZodType<ThumbnailTask>;

export const backboneSchema = z.object({
  id: z.string().min(1),
  architecture: z.enum(ARCHITECTURES),
  featurePoint: z.enum(FEATURE_POINTS),
  featureSize: atLeast(1),
  mean: perChannel,
  standardDeviation: perChannel,
  file: z.string().min(1),
  sha256,
  tuned: z.object({ file: z.string().min(1), sha256 }).optional(),
}) satisfies z.ZodType<BackboneRecord>;

const extractFeaturesSchema = z
  .object({
    engine: z.enum(ENGINE_NAMES),
    backbone: backboneSchema,
    inputs: bytes,
    count: atLeast(1),
    lastMaps: z.boolean(),
  })
  .refine(({ inputs, count }) => inputs.length === count * INPUT_PIXELS, {
    path: ['inputs'],
    message: 'must hold count x 224 x 224 bytes',
  }) satisfies z.ZodType<ExtractFeaturesTask>;

const isBelow = (values: Int32Array, limit: number) => values.every((value) => value >= 0 && value < limit);

const trainHeadSchema = z
  .object({
    engine: z.enum(ENGINE_NAMES),
    head: z.enum(HEADS),
    featureSize: atLeast(1),
    classCount: atLeast(2),
    optimizer: z.enum(OPTIMIZERS),
    learningRate: z.number().positive(),
    batchSize: atLeast(1),
    epochs: atLeast(1),
    seed: z.number().int(),
    features: floats,
    count: atLeast(1),
    views: atLeast(1),
    labels: integers,
    trainIndices: integers,
    validationIndices: integers,
  })
  .refine((task) => task.features.length === task.count * task.views * task.featureSize, {
    path: ['features'],
    message: 'must hold count x views x featureSize numbers',
  })
  .refine(({ labels, count, classCount }) => labels.length === count && isBelow(labels, classCount), {
    path: ['labels'],
    message: 'must hold one of 0..classCount-1 per picture',
  })
  .refine(({ trainIndices, count }) => trainIndices.length > 0 && isBelow(trainIndices, count), {
    path: ['trainIndices'],
    message: 'must hold at least one of 0..count-1',
  })
  .refine(({ validationIndices, count }) => isBelow(validationIndices, count), {
    path: ['validationIndices'],
    message: 'must lie in 0..count-1',
  }) satisfies z.ZodType<TrainHeadTask>;

const trainNetworkSchema = z.object({
  engine: z.enum(ENGINE_NAMES),
  backbone: backboneSchema,
  part: z.enum(TRAINED_PARTS),
  head: z.enum(HEADS),
  classCount: atLeast(2),
  optimizer: z.enum(OPTIMIZERS),
  learningRate: z.number().positive(),
  backboneLearningRate: z.number().positive(),
  epochs: atLeast(1),
  seed: z.number().int(),
  checkpoint: bytes.nullable(),
  feed: z.instanceof(MessagePort),
}) satisfies z.ZodType<FedNetworkTask>;

/** @throws GelqlError BAD_REQUEST that names the fields */
function createParser<Task>(name: string, schema: z.ZodType<Task>): (payload: unknown) => Task {
  return (payload) => {
    const parsed = schema.safeParse(payload);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new GelqlError('BAD_REQUEST', `The task ${name} is malformed: ${problems.join('; ')}`, {
      facts: { problems },
    });
  };
}

export const parsePrepareImageTask = createParser('prepareImage', prepareImageSchema);
export const parseThumbnailTask = createParser('drawThumbnail', thumbnailSchema);
export const parseExtractFeaturesTask = createParser('extractFeatures', extractFeaturesSchema);
export const parseTrainHeadTask = createParser('trainHead', trainHeadSchema);
export const parseTrainNetworkTask = createParser('trainNetwork', trainNetworkSchema);
