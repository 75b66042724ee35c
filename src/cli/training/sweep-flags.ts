import { Option, type Command } from 'commander';
import { RASTER_RECIPES } from '../../words/picture.js';
import { ARCHITECTURES, REFERENCE_NAMES, type Architecture } from '../../words/architecture.js';
import { TRAINABLES, type Trainable } from '../../words/training-configuration.js';
import { TRAINING_DEFAULTS } from '../../runs/resolve-configuration.js';
import type { StartSweepRequest } from '../../sweeps/start-sweep.js';
import type { SweepRequest } from '../../words/sweep-request.js';
import { listOf, oneOf, word } from '../parse-list.js';
import { integerBetween, trainingSetting } from '../parse-number.js';

export interface SweepFlags {
  dataset_dir: string;
  hardware_types?: SweepRequest['devices'];
  pretrained_models?: Architecture[];
  classifier_heads?: SweepRequest['heads'];
  opt_algs?: SweepRequest['optimizers'];
  learning_rates?: number[];
  batch_sizes?: number[];
  num_epochs?: number[];
  seeds?: number[];
  trainables?: Trainable[];
  backbone_learning_rate?: number;
  weights?: string[];
  dataset?: string;
  name?: string;
  validation_fraction?: number;
  test_fraction: number;
  folds?: number;
  repeats?: number;
  preprocessing: (typeof RASTER_RECIPES)[number];
  augmentation_views: number;
  concurrency: number;
  output: string;
  force?: boolean;
  json?: boolean;
}

const GRID_OPTIONS = "The grid, by the published experiment's names; lists are separated by commas:";
const SHARED_OPTIONS = 'What holds for all parts:';
const OWN_OPTIONS = 'Further options:';

/** The grid's lists in the plural of the options of `gelql train`, then what holds for all parts. */
export function addSweepOptions(command: Command): Command {
  const defaults = TRAINING_DEFAULTS;
  const networks = Object.fromEntries(ARCHITECTURES.map((network) => [REFERENCE_NAMES[network], network]));
  return command
    .optionsGroup(GRID_OPTIONS)
    .option(
      '--hardware_types <types>',
      'cpu, gpu, auto (default: cpu,gpu)',
      listOf(oneOf({ cpu: 'CPU', gpu: 'GPU', auto: 'AUTO' })),
    )
    .option(
      '--pretrained_models <names>',
      `${Object.keys(networks).join(', ')} (default: all)`,
      listOf(oneOf(networks)),
    )
    .option(
      '--trainables <parts>',
      `${TRAINABLES.map((trainable) => trainable.toLowerCase()).join(', ')} (default: head)`,
      listOf(oneOf(Object.fromEntries(TRAINABLES.map((trainable) => [trainable.toLowerCase(), trainable])))),
    )
    .option(
      '--classifier_heads <kinds>',
      'single, multi (default: both)',
      listOf(oneOf({ single: 'SINGLE', multi: 'MULTI' })),
    )
    .option('--opt_algs <names>', 'adam, sgd (default: both)', listOf(oneOf({ adam: 'ADAM', sgd: 'SGD' })))
    .option(
      '--learning_rates <numbers>',
      `learning rates (default: ${defaults.learningRate})`,
      listOf(trainingSetting('learningRate')),
    )
    .option(
      '--batch_sizes <numbers>',
      `pictures in a batch (default: ${defaults.batchSize})`,
      listOf(trainingSetting('batchSize')),
    )
    .option(
      '--num_epochs <numbers>',
      `passes over the training pictures (default: ${defaults.epochs})`,
      listOf(trainingSetting('epochs')),
    )
    .option(
      '--seeds <numbers>',
      `seeds of split, head, order and dropout (default: ${defaults.seed})`,
      listOf(trainingSetting('seed')),
    )
    .option(
      '--weights <ids>',
      'backbone weights, after those of --pretrained_models (gelql weights list)',
      listOf(word),
    )
    .optionsGroup(SHARED_OPTIONS)
    .option(
      '--dataset_dir <directory>',
      'folder of class folders, optionally below train/ and test/',
      './data',
    )
    .option(
      '--backbone_learning_rate <number>',
      'of what is trained besides the heads (default: a tenth of the learning rate; all of it for stem_and_head)',
      trainingSetting('backboneLearningRate'),
    )
    .option('--dataset <name>', 'a registered data set instead of --dataset_dir')
    .option(
      '--validation_fraction <share>',
      `share of the training pictures for validation (default: ${defaults.validationFraction}; 0 with --folds and --test_fraction 0)`,
      trainingSetting('validationFraction'),
    )
    .option(
      '--test_fraction <share>',
      'share for the test where the data set has none of its own',
      trainingSetting('testFraction'),
      defaults.testFraction,
    )
    .option('--folds <number>', 'cross-validate besides, with so many folds', trainingSetting('folds'))
    .option(
      '--repeats <number>',
      'times that the folds are drawn anew (default: 1)',
      trainingSetting('repeats'),
    )
    .addOption(
      new Option('--preprocessing <recipe>', 'from pixels to the network input')
        .choices(RASTER_RECIPES)
        .default(defaults.recipe),
    )
    .option(
      '--augmentation_views <number>',
      'views per training picture',
      trainingSetting('augmentationViews'),
      defaults.augmentationViews,
    )
    .optionsGroup(OWN_OPTIONS)
    .option('--name <name>', 'name of the sweep; the same grid under the same name goes on with it')
    .option(
      '--concurrency <number>',
      'runs at once in this process; 0 leaves them to the workers of DATABASE_URL',
      integerBetween(0, 64),
      1,
    )
    .option('--output <directory>', 'folder for results.csv, report.html and the plots', './sweep')
    .option('--force', 'train again what runs have done already')
    .option('--json', 'print the sweep as JSON');
}

/** @param dataset id or name */
export function sweepRequestOf(flags: SweepFlags, dataset: string): StartSweepRequest {
  return {
    dataset,
    name: flags.name,
    force: flags.force,
    architectures: flags.pretrained_models,
    backboneIds: flags.weights,
    devices: flags.hardware_types,
    trainables: flags.trainables,
    heads: flags.classifier_heads,
    optimizers: flags.opt_algs,
    learningRates: flags.learning_rates,
    batchSizes: flags.batch_sizes,
    epochs: flags.num_epochs,
    seeds: flags.seeds,
    shared: {
      validationFraction: flags.validation_fraction,
      testFraction: flags.test_fraction,
      folds: flags.folds,
      repeats: flags.repeats,
      recipe: flags.preprocessing,
      augmentationViews: flags.augmentation_views,
      backboneLearningRate: flags.backbone_learning_rate,
    },
  };
}
