import { z } from 'zod';
import type { Device } from '../words/device.js';
import { GelqlError } from '../errors.js';
import { DEFAULT_BACKBONE_ID } from '../networks/weights/catalog.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import {
  rangeOf,
  SETTING_ROWS,
  TRAINING_SETTINGS,
  type SettingName,
  type SettingValue,
  type TrainingDefaults,
  type TrainingSetting,
} from '../words/training-settings.js';

const VALIDATION_FRACTION = 0.2;
/** Weights that have learned something move slower than a head that has not. */
const BACKBONE_RATE_SHARE = 0.1;

/** What a caller may leave out is undefined or null. */
export type TrainingRequest = {
  backboneId?: string | null | undefined;
  device?: Device | null | undefined;
  /** PUBLISHED where absent. */
  defaults?: TrainingDefaults | null | undefined;
} & { [Name in SettingName]?: SettingValue<Name> | null | undefined };

type Given = { [Name in SettingName]?: NonNullable<SettingValue<Name>> };

const requestSchema = z
  .object(Object.fromEntries(SETTING_ROWS.map(([name, setting]) => [name, rangeOf(setting).nullish()])))
  .transform((request) => withoutNulls(request) as Given)
  .refine(({ folds, repeats }) => repeats === undefined || folds !== undefined, {
    path: ['repeats'],
    message: 'need folds: they count how often the folds are drawn anew',
  })
  .refine(({ trainable = 'HEAD', folds }) => trainable === 'HEAD' || folds === undefined, {
    path: ['folds'],
    message: 'train heads alone: leave them out, or leave trainable at HEAD',
  })
  .refine(
    ({ trainable = 'HEAD', backboneLearningRate }) =>
      trainable !== 'HEAD' || backboneLearningRate === undefined,
    {
      path: ['backboneLearningRate'],
      message: 'needs another trainable than HEAD, which leaves the backbone as it is',
    },
  );

/** What follows from defaults as well as from what was asked for. */
const filledSchema = z
  .custom<Omit<TrainingConfiguration, 'backboneId' | 'device'>>()
  .refine(({ patience, validationFraction }) => patience === 0 || validationFraction > 0, {
    path: ['patience'],
    message: 'needs validation pictures: raise validationFraction above 0, or leave patience at 0',
  })
  .refine(({ augmentation, augmentationViews }) => augmentation === 'LIGHT' || augmentationViews > 1, {
    path: ['augmentation'],
    message: 'needs augmentationViews above 1: without views there is nothing to augment',
  });

/** @throws GelqlError BAD_REQUEST that lists every field out of range */
export function resolveConfiguration(request: TrainingRequest): TrainingConfiguration {
  const { backboneId, device, defaults, ...settings } = request;
  const filled = requestSchema.transform((given) => fillIn(given, defaults ?? 'PUBLISHED'));
  const parsed = filled.pipe(filledSchema).safeParse(settings);
  if (parsed.success) {
    return { backboneId: backboneId ?? DEFAULT_BACKBONE_ID, device: device ?? 'CPU', ...parsed.data };
  }
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new GelqlError('BAD_REQUEST', `The training configuration is not usable: ${problems.join('; ')}`, {
    facts: { problems },
  });
}

export const PUBLISHED_CONFIGURATION: TrainingConfiguration = resolveConfiguration({});

function fillIn(
  given: Given,
  chosen: TrainingDefaults,
): Omit<TrainingConfiguration, 'backboneId' | 'device'> {
  const defaults = SETTING_ROWS.map(([name, setting]) => [name, defaultOf(setting, chosen)]);
  // The table gives a default to every setting but those that follow.
  const settings = { ...Object.fromEntries(defaults), ...given } as Omit<
    TrainingConfiguration,
    'backboneId' | 'device'
  >;
  const { folds, testFraction, trainable, learningRate } = settings;
  // Who cross-validates and keeps no test wants every picture in the model.
  const isWholeTrained = folds !== null && testFraction === 0;
  return {
    ...settings,
    validationFraction: given.validationFraction ?? (isWholeTrained ? 0 : VALIDATION_FRACTION),
    repeats: folds === null ? null : (given.repeats ?? 1),
    backboneLearningRate: impliedBackboneRate({
      trainable,
      learningRate,
      backboneLearningRate: given.backboneLearningRate ?? null,
    }),
  };
}

function defaultOf(setting: TrainingSetting, chosen: TrainingDefaults): string | number | null {
  const { recommended } = setting;
  // A rule needs the pictures, see settleLength.
  if (chosen === 'RECOMMENDED' && recommended !== undefined && typeof recommended !== 'object') {
    return recommended;
  }
  return setting.default === 'none' || setting.default === 'implied' ? null : setting.default;
}

/**
 * The rate at which the trained part of a backbone moves, null where none is trained. A new first convolution has learned
 * as little as the head: both move at the same rate, as in the published experiment.
 */
export function impliedBackboneRate({
  trainable,
  learningRate,
  backboneLearningRate,
}: Pick<TrainingConfiguration, 'trainable' | 'learningRate' | 'backboneLearningRate'>): number | null {
  if (trainable === 'HEAD') return null;
  return backboneLearningRate ?? learningRate * (trainable === 'STEM_AND_HEAD' ? 1 : BACKBONE_RATE_SHARE);
}

/** What is wrong with one setting, as one sentence without its full stop; null where it is usable. */
export function findSettingProblem(name: SettingName, value: string | number): string | null {
  const parsed = rangeOf(TRAINING_SETTINGS[name]).safeParse(value);
  return parsed.success ? null : parsed.error.issues.map(({ message }) => message).join('; ');
}

function withoutNulls(request: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined && value !== null),
  );
}
