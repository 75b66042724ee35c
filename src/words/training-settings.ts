import { z } from 'zod';
import { HEADS } from './architecture.js';
import { DEFAULT_RECIPE, RASTER_RECIPES } from './picture.js';

export const OPTIMIZERS = ['ADAM', 'SGD'] as const;
/** `ADAM` (betas .9/.999, epsilon 1e-8) or `SGD` with momentum .9, both as PyTorch defines them. */
export type OptimizerKind = (typeof OPTIMIZERS)[number];

/** Parts of a backbone that can be trained together with the head. */
export const TRAINED_PARTS = ['STEM_AND_HEAD', 'LAST_STAGE', 'ALL'] as const;
export type TrainedPart = (typeof TRAINED_PARTS)[number];

/** `HEAD` trains a head on the features of a frozen backbone; the others train part of the backbone with it. */
export const TRAINABLES = ['HEAD', ...TRAINED_PARTS] as const;
export type Trainable = (typeof TRAINABLES)[number];

export const CLASS_WEIGHTS = ['NONE', 'BALANCED', 'AUTO'] as const;
/** How much a picture of each class counts in the loss. */
export type ClassWeights = (typeof CLASS_WEIGHTS)[number];

export const SCHEDULES = ['CONSTANT', 'COSINE'] as const;
/** How the learning rates move after the warm-up. */
export type Schedule = (typeof SCHEDULES)[number];

export const AUGMENTATIONS = ['LIGHT', 'STRONG'] as const;
/** How the views of a training picture differ from it. */
export type Augmentation = (typeof AUGMENTATIONS)[number];

export const TRAINING_DEFAULTS = ['PUBLISHED', 'RECOMMENDED'] as const;
/** What is not asked for has the published experiment's value, or the one for pictures of one's own. */
export type TrainingDefaults = (typeof TRAINING_DEFAULTS)[number];

/** Largest seed: PostgreSQL's integer. */
const MAX_SEED = 2_147_483_647;

/** What every row tells. */
interface Row {
  /** Option of `gelql train`; in `gelql sweep` an axis takes a list under its plural. */
  flag: string;
  /** The published experiment had this option. */
  isPublished?: true;
  /**
   * A grid varies it over a list named by its plural. `all`: over every value where no list is given; `default`: over the
   * default alone.
   */
  axis?: 'all' | 'default';
  /** By the recommended defaults, where it is not the published one: a value, or what it follows from. */
  recommended?: string | number | { rule: string };
  /** Name in reports. */
  label: string;
  /** One sentence for people, in the schema and in `--help`; the range is added where it is shown. */
  description: string;
}
interface Choice extends Row {
  kind: 'choice';
  /** Name of the GraphQL enum. */
  enumName: 'Augmentation' | 'ClassWeights' | 'Head' | 'Optimizer' | 'Recipe' | 'Schedule' | 'Trainable';
  values: readonly string[];
  default: string;
}
interface Amount extends Row {
  kind: 'integer' | 'number';
  minimum: number;
  /** The minimum itself is out of range. */
  isAbove?: true;
  maximum: number;
  /** The maximum itself is out of range. */
  isBelow?: true;
  /** A number; `implied` by other settings; or `none`: it stays null unless it is asked for. */
  default: number | 'implied' | 'none';
}

export type TrainingSetting = Choice | Amount;

/**
 * One row per setting of a training: the GraphQL inputs, the options of `gelql train` and `gelql sweep`, the axes of a
 * grid, the record of a model and the tables of a report are made from it. Learning rate, batch, epochs and validation
 * share default to the published experiment's. Axes stand in the order in which a grid varies them, the slowest first.
 */
export const TRAINING_SETTINGS = {
  trainable: {
    kind: 'choice',
    flag: 'trainable',
    axis: 'default',
    enumName: 'Trainable',
    values: TRAINABLES,
    default: 'HEAD',
    label: 'trained',
    description:
      'What is trained: the head alone, or with it a new first convolution, the last stage, or everything; these take an engine that trains inside networks, minutes instead of seconds, and no folds.',
  },
  head: {
    kind: 'choice',
    flag: 'classifier_head',
    isPublished: true,
    axis: 'all',
    enumName: 'Head',
    values: HEADS,
    default: 'SINGLE',
    label: 'head',
    description: 'Shape of the classifier.',
  },
  optimizer: {
    kind: 'choice',
    flag: 'opt_alg',
    isPublished: true,
    axis: 'all',
    enumName: 'Optimizer',
    values: OPTIMIZERS,
    default: 'ADAM',
    label: 'optimizer',
    description: 'Optimizer of the weights.',
  },
  learningRate: {
    flag: 'learning_rate',
    isPublished: true,
    axis: 'default',
    kind: 'number',
    minimum: 0,
    isAbove: true,
    maximum: 10,
    default: 0.001,
    label: 'learning rate',
    description: 'Learning rate of the head.',
  },
  backboneLearningRate: {
    flag: 'backbone_learning_rate',
    kind: 'number',
    minimum: 0,
    isAbove: true,
    maximum: 10,
    default: 'none',
    label: 'learning rate inside the backbone',
    description:
      'Learning rate of the trained part of the backbone. Default: a tenth of the learning rate; all of it for STEM_AND_HEAD.',
  },
  batchSize: {
    flag: 'batch_size',
    isPublished: true,
    axis: 'default',
    kind: 'integer',
    minimum: 1,
    maximum: 4096,
    default: 23,
    label: 'batch size',
    description: 'Pictures per training step.',
  },
  epochs: {
    flag: 'num_epochs',
    isPublished: true,
    axis: 'default',
    kind: 'integer',
    minimum: 1,
    maximum: 10_000,
    default: 20,
    recommended: { rule: 'as many as make 400 steps of a head, at least 20' },
    label: 'epochs',
    description: 'Passes over the training pictures.',
  },
  seed: {
    flag: 'seed',
    axis: 'default',
    kind: 'integer',
    minimum: 0,
    maximum: MAX_SEED,
    default: 1,
    label: 'seed',
    description:
      'Seed of the initial head, the order of the batches, dropout and the choice of augmented views.',
  },
  splitSeed: {
    flag: 'split_seed',
    kind: 'integer',
    minimum: 0,
    maximum: MAX_SEED,
    default: 1,
    label: 'seed of the split',
    description:
      'Seed of the split into train, validation and test, and of the folds: runs that share it are tested on the same pictures.',
  },
  classWeights: {
    kind: 'choice',
    flag: 'class_weights',
    axis: 'default',
    enumName: 'ClassWeights',
    values: CLASS_WEIGHTS,
    default: 'NONE',
    recommended: 'AUTO',
    label: 'class weights',
    description:
      'Whether pictures of small classes count more in the loss: always, never, or from a ratio of 1.5 between the largest and the smallest class.',
  },
  weightDecay: {
    flag: 'weight_decay',
    axis: 'default',
    kind: 'number',
    minimum: 0,
    maximum: 1,
    default: 0,
    label: 'weight decay',
    description: "Share of each parameter that is added to its gradient, as PyTorch's weight_decay.",
  },
  labelSmoothing: {
    flag: 'label_smoothing',
    axis: 'default',
    kind: 'number',
    minimum: 0,
    maximum: 1,
    isBelow: true,
    default: 0,
    label: 'label smoothing',
    description: 'Share of each target that all classes divide among them.',
  },
  schedule: {
    kind: 'choice',
    flag: 'schedule',
    axis: 'default',
    enumName: 'Schedule',
    values: SCHEDULES,
    default: 'CONSTANT',
    label: 'schedule',
    description: 'How the learning rates move over the steps behind the warm-up.',
  },
  warmupSteps: {
    flag: 'warmup_steps',
    kind: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 0,
    label: 'warm-up steps',
    description: 'Steps in which the learning rates rise to their full height.',
  },
  patience: {
    flag: 'patience',
    kind: 'integer',
    minimum: 0,
    maximum: 10_000,
    default: 0,
    recommended: {
      rule: 'a quarter of the epochs, at least 5, unless epochs are given or nothing is kept for validation',
    },
    label: 'patience',
    description:
      'Epochs without a lower validation loss after which training stops and keeps the best epoch; 0 trains all epochs and keeps the last.',
  },
  validationFraction: {
    flag: 'validation_fraction',
    kind: 'number',
    minimum: 0,
    maximum: 0.5,
    default: 'implied',
    label: 'validation share',
    description:
      'Share of the training pictures kept for validation. Default: 0.2, but 0 with folds and no test pictures.',
  },
  testFraction: {
    flag: 'test_fraction',
    kind: 'number',
    minimum: 0,
    maximum: 0.5,
    default: 0.2,
    label: 'test share, where the data set has no test pictures',
    description:
      'Share kept for the test where the data set has no test pictures of its own. 0 needs folds, which are the only test then.',
  },
  folds: {
    flag: 'folds',
    kind: 'integer',
    minimum: 2,
    maximum: 20,
    default: 'none',
    label: 'folds',
    description:
      'Cross-validates besides, with this many folds: at most the independent groups of the smallest class.',
  },
  repeats: {
    flag: 'repeats',
    kind: 'integer',
    minimum: 1,
    maximum: 20,
    default: 'none',
    label: 'repeats of the folds',
    description: 'How often the folds are drawn anew. Default: once.',
  },
  recipe: {
    kind: 'choice',
    flag: 'recipe',
    enumName: 'Recipe',
    values: RASTER_RECIPES,
    default: DEFAULT_RECIPE,
    label: 'recipe',
    description: 'Recipe from the pixels to the network input.',
  },
  augmentationViews: {
    flag: 'augmentation_views',
    kind: 'integer',
    minimum: 1,
    maximum: 64,
    default: 1,
    recommended: 4,
    label: 'views of each training picture',
    description: 'Views per training picture; 1 trains on the pictures as they are.',
  },
  augmentation: {
    kind: 'choice',
    flag: 'augmentation',
    axis: 'default',
    enumName: 'Augmentation',
    values: AUGMENTATIONS,
    default: 'LIGHT',
    label: 'augmentation',
    description: 'How the views differ from the pictures; needs augmentation views above 1 but for LIGHT.',
  },
} as const satisfies Record<string, TrainingSetting>;

type Settings = typeof TRAINING_SETTINGS;
export type SettingName = keyof Settings;
/** The settings as rows, in the order of the table. */
export const SETTING_ROWS = Object.entries(TRAINING_SETTINGS) as [SettingName, TrainingSetting][];

/** What a setting is once every default is filled in; null where it was not asked for and has no default. */
export type SettingValue<Name extends SettingName> = Settings[Name] extends {
  values: readonly (infer Value)[];
}
  ? Value
  : Settings[Name] extends { default: 'none' }
    ? number | null
    : number;

/** The settings that a grid varies, and those that hold for all of its parts. */
export type AxisName = { [K in SettingName]: Settings[K] extends { axis: string } ? K : never }[SettingName];

export type SharedName = Exclude<SettingName, AxisName>;
export const SETTING_NAMES = SETTING_ROWS.map(([name]) => name);
export const AXIS_NAMES = SETTING_NAMES.filter(isAxis);
export const SHARED_NAMES = SETTING_NAMES.filter((name): name is SharedName => !isAxis(name));

export function isAxis(name: SettingName): name is AxisName {
  return 'axis' in TRAINING_SETTINGS[name];
}

/** The name of the list that varies a setting in a grid, and of its option. */
export type Plural<Name extends string> = Name extends `${string}s` ? Name : `${Name}s`;
export function pluralOf<Name extends string>(name: Name): Plural<Name> {
  return (name.endsWith('s') ? name : `${name}s`) as Plural<Name>;
}

/** For example `4; published 1`; null where both kinds of defaults agree. */
export function formatDefaults(setting: TrainingSetting): string | null {
  const recommended = formatRecommended(setting);
  return recommended === null ? null : `${recommended}; published ${setting.default}`;
}

/** The value or the rule that the recommended defaults have instead of the published one; null where they have none. */
export function formatRecommended({ recommended }: TrainingSetting): string | null {
  if (recommended === undefined) return null;
  return typeof recommended === 'object' ? recommended.rule : String(recommended);
}

/** The values that a setting may have. */
export function rangeOf(setting: TrainingSetting): z.ZodType<string | number> {
  if (setting.kind === 'choice') return z.enum(setting.values);
  const { kind, minimum, maximum, isAbove, isBelow } = setting;
  const number = kind === 'integer' ? z.number().int() : z.number();
  const bounded = isAbove === true ? number.gt(minimum) : number.min(minimum);
  return isBelow === true ? bounded.lt(maximum) : bounded.max(maximum);
}

/** For example `1 to 4096`, or `above 0, at most 10`; null for a choice, which lists its values anyway. */
export function formatRange(setting: TrainingSetting): string | null {
  if (setting.kind === 'choice') return null;
  const { minimum, maximum, isAbove, isBelow } = setting;
  if (isBelow === true) return `${minimum} to below ${maximum}`;
  return isAbove === true ? `above ${minimum}, at most ${maximum}` : `${minimum} to ${maximum}`;
}
