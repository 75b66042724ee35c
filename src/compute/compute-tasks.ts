import { z } from 'zod';
import type { PrepareImageTask } from '../images/prepare-image.js';
import type { ThumbnailTask } from '../images/thumbnail.js';
import { ARCHITECTURES, FEATURE_POINTS, HEADS, type BackboneRecord } from '../words/architecture.js';
import { ENGINE_NAMES } from '../words/device.js';
import { INPUT_PIXELS, RASTER_RECIPES } from '../words/picture.js';
import type { TrainingRules } from '../words/training-rules.js';
import { AUGMENTATIONS, TRAINED_PARTS, OPTIMIZERS, SCHEDULES } from '../words/training-settings.js';
import type {
  ExtractFeaturesTask,
  MeasureEngineTask,
  ProbeEngineTask,
  TrainHeadTask,
  TrainNetworkTask,
} from './protocol.js';
import {
  atLeast,
  bytes,
  engineProbe,
  extractedFeatures,
  floats,
  integers,
  preparedImage,
  sessionTimings,
  sha256,
  thumbnail,
  trainedHead,
  tunedNetwork,
} from './task-answers.js';
import { defineTask } from './task.js';

/** The tasks of the compute workers: what goes in, with shapes, lengths and ranges; what comes out is in task-answers.ts. */

const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/** What a compute worker is started with: fields of EngineOptions, and how much it stands back where cores are short. */
export const workerSettings = z.object({
  softwareGpu: z.boolean(),
  card: atLeast(0).nullable(),
  cacheDir: z.string().min(1),
  threads: atLeast(1),
  niceness: atLeast(0).max(19),
});
export type WorkerSettings = z.infer<typeof workerSettings>;

const prepareImageSchema = z.object({
  bytes,
  page: atLeast(0).nullable(),
  recipe: z.enum(RASTER_RECIPES),
  views: atLeast(1),
  augmentation: z.enum(AUGMENTATIONS).optional(),
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

const rulesSchema = z.object({
  loss: z.object({
    classWeights: z.array(z.number().positive()).nullable(),
    labelSmoothing: z.number().min(0).lt(1),
  }),
  weightDecay: z.number().min(0),
  rate: z.object({ schedule: z.enum(SCHEDULES), warmupSteps: atLeast(0), steps: atLeast(1) }),
  patience: atLeast(0),
}) satisfies z.ZodType<TrainingRules>;

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
    rules: rulesSchema,
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
  rules: rulesSchema,
  seed: z.number().int(),
  checkpoint: bytes.nullable(),
}) satisfies z.ZodType<TrainNetworkTask>;

const engine = z.enum(ENGINE_NAMES);
const probeSchema = z.object({ engine }) satisfies z.ZodType<ProbeEngineTask>;
const measureSchema = z.object({
  engine,
  backbone: backboneSchema,
  limits: z.object({ budgetMs: z.number().positive(), hopelessMs: z.number().positive() }),
}) satisfies z.ZodType<MeasureEngineTask>;
export const PREPARE_IMAGE = defineTask('prepareImage', { input: prepareImageSchema, output: preparedImage });
export const DRAW_THUMBNAIL = defineTask('drawThumbnail', { input: thumbnailSchema, output: thumbnail });
export const EXTRACT_FEATURES = defineTask('extractFeatures', {
  input: extractFeaturesSchema,
  output: extractedFeatures,
});
/** Sends EpochProgress. */
export const TRAIN_HEAD = defineTask('trainHead', { input: trainHeadSchema, output: trainedHead });
/** Sends and hears what network-training/feed-messages.ts lists. */
export const TRAIN_NETWORK = defineTask('trainNetwork', { input: trainNetworkSchema, output: tunedNetwork });
export const PROBE_ENGINE = defineTask('probeEngine', { input: probeSchema, output: engineProbe });
/** Sends Timing. */
export const MEASURE_ENGINE = defineTask('measureEngine', { input: measureSchema, output: sessionTimings });
