import { z } from 'zod';
import { DEVICES } from '../words/device.js';
import { GelqlError } from '../errors.js';
import { DEFAULT_RECIPE, RASTER_RECIPES } from '../words/picture.js';
import { HEADS } from '../words/architecture.js';
import { DEFAULT_BACKBONE_ID } from '../networks/weights/catalog.js';
import {
  type TrainedPart,
  OPTIMIZERS,
  TRAINABLES,
  type CrossValidation,
  type NetworkSettings,
  type Trainable,
  type TrainingConfiguration,
} from '../words/training-configuration.js';

/** Largest seed: PostgreSQL's integer. */
const MAX_SEED = 2_147_483_647;

const VALIDATION_FRACTION = 0.2;

/** Ranges and defaults of a run; learning rate, batch, epochs and validation share are the published experiment's. */
const settings = z.object({
  backboneId: z.string().min(1).default(DEFAULT_BACKBONE_ID),
  head: z.enum(HEADS).default('SINGLE'),
  optimizer: z.enum(OPTIMIZERS).default('ADAM'),
  device: z.enum(DEVICES).default('CPU'),
  learningRate: z.number().gt(0).max(10).default(0.001),
  batchSize: z.number().int().min(1).max(4096).default(23),
  epochs: z.number().int().min(1).max(10_000).default(20),
  seed: z.number().int().min(0).max(MAX_SEED).default(1),
  validationFraction: z.number().min(0).max(0.5).optional(),
  testFraction: z.number().min(0).max(0.5).default(0.2),
  recipe: z.enum(RASTER_RECIPES).default(DEFAULT_RECIPE),
  augmentationViews: z.number().int().min(1).max(64).default(1),
  folds: z.number().int().min(2).max(20).optional(),
  repeats: z.number().int().min(1).max(20).optional(),
  trainable: z.enum(TRAINABLES).default('HEAD'),
  backboneLearningRate: z.number().gt(0).max(10).optional(),
});

/** Weights that have learned something move slower than a head that has not. */
const BACKBONE_RATE_SHARE = 0.1;

const configurationSchema = settings
  .refine(({ folds, repeats }) => repeats === undefined || folds !== undefined, {
    path: ['repeats'],
    message: 'need folds: they count how often the folds are drawn anew',
  })
  .refine(({ trainable, folds }) => trainable === 'HEAD' || folds === undefined, {
    path: ['folds'],
    message: 'train heads alone: leave them out, or leave trainable at HEAD',
  })
  .refine(
    ({ trainable, backboneLearningRate }) => trainable !== 'HEAD' || backboneLearningRate === undefined,
    {
      path: ['backboneLearningRate'],
      message: 'needs another trainable than HEAD, which leaves the backbone as it is',
    },
  )
  .transform((request): TrainingConfiguration => {
    const { folds, repeats = 1, validationFraction, trainable, backboneLearningRate, ...rest } = request;
    // Who cross-validates and keeps no test wants every picture in the model.
    const isWholeTrained = folds !== undefined && rest.testFraction === 0;
    return {
      ...rest,
      validationFraction: validationFraction ?? (isWholeTrained ? 0 : VALIDATION_FRACTION),
      ...(folds === undefined ? {} : { crossValidation: { folds, repeats } }),
      ...(trainable === 'HEAD'
        ? {}
        : { network: networkSettings(trainable, rest.learningRate, backboneLearningRate) }),
    };
  });

/** A new first convolution has learned as little as the head: both move at the same rate, as in the published experiment. */
export function networkSettings(
  part: TrainedPart,
  headRate: number,
  backboneRate: number | undefined,
): NetworkSettings {
  const share = part === 'STEM_AND_HEAD' ? 1 : BACKBONE_RATE_SHARE;
  return { part, learningRate: backboneRate ?? share * headRate };
}

/** What a caller may leave out is undefined. */
export type TrainingRequest = {
  [K in Exclude<keyof TrainingConfiguration, 'crossValidation' | 'network'>]?:
    TrainingConfiguration[K] | undefined;
} & { [K in keyof CrossValidation]?: CrossValidation[K] | undefined } & {
  trainable?: Trainable | undefined;
  backboneLearningRate?: number | undefined;
};

export const TRAINING_DEFAULTS: TrainingConfiguration = configurationSchema.parse({});

/** @throws GelqlError BAD_REQUEST that lists every field out of range */
export function resolveConfiguration(request: TrainingRequest): TrainingConfiguration {
  const parsed = configurationSchema.safeParse(request);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new GelqlError('BAD_REQUEST', `The training configuration is not usable: ${problems.join('; ')}`, {
    facts: { problems },
  });
}

/** The settings that are numbers. */
export type NumericSetting = {
  [K in keyof TrainingRequest]-?: TrainingRequest[K] extends number | undefined ? K : never;
}[keyof TrainingRequest];

/** What is wrong with one setting, as one sentence without its full stop; null where it is usable. */
export function findSettingProblem(name: NumericSetting, value: number): string | null {
  const parsed = settings.shape[name].safeParse(value);
  return parsed.success ? null : parsed.error.issues.map(({ message }) => message).join('; ');
}
