import { z } from 'zod';
import { DEVICES } from '../compute/engines/engine.js';
import { GelqlError } from '../errors.js';
import { DEFAULT_RECIPE, RASTER_RECIPES } from '../images/picture.js';
import { HEADS } from '../networks/architecture.js';
import { DEFAULT_BACKBONE_ID } from '../networks/weights/catalog.js';
import { OPTIMIZERS, type TrainingConfiguration } from './configuration.js';

/** Largest seed: PostgreSQL's integer. */
const MAX_SEED = 2_147_483_647;

/** Ranges and defaults of a run; learning rate, batch, epochs and validation share are the published experiment's. */
const configurationSchema = z.object({
  backboneId: z.string().min(1).default(DEFAULT_BACKBONE_ID),
  head: z.enum(HEADS).default('SINGLE'),
  optimizer: z.enum(OPTIMIZERS).default('ADAM'),
  device: z.enum(DEVICES).default('CPU'),
  learningRate: z.number().gt(0).max(10).default(0.001),
  batchSize: z.number().int().min(1).max(4096).default(23),
  epochs: z.number().int().min(1).max(10_000).default(20),
  seed: z.number().int().min(0).max(MAX_SEED).default(1),
  validationFraction: z.number().min(0).max(0.5).default(0.2),
  testFraction: z.number().min(0).max(0.5).default(0.2),
  recipe: z.enum(RASTER_RECIPES).default(DEFAULT_RECIPE),
  augmentationViews: z.number().int().min(1).max(64).default(1),
});

/** What a caller may leave out is undefined. */
export type TrainingRequest = {
  [K in Exclude<keyof TrainingConfiguration, 'crossValidation'>]?: TrainingConfiguration[K] | undefined;
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
  [K in keyof TrainingConfiguration]-?: TrainingConfiguration[K] extends number ? K : never;
}[keyof TrainingConfiguration];

/** What is wrong with one setting, as one sentence without its full stop; null where it is usable. */
export function findSettingProblem(name: NumericSetting, value: number): string | null {
  const parsed = configurationSchema.shape[name].safeParse(value);
  return parsed.success ? null : parsed.error.issues.map(({ message }) => message).join('; ');
}
