import { Option, type Command } from 'commander';
import { RASTER_RECIPES } from '../../words/picture.js';
import { ARCHITECTURES, REFERENCE_NAMES, type Architecture } from '../../words/architecture.js';
import { TRAINABLES, type Trainable } from '../../words/training-configuration.js';
import { TRAINING_DEFAULTS } from '../../runs/resolve-configuration.js';
import type { StartTrainingRequest } from '../../training/start-training.js';
import { deviceSelection } from '../parse-device.js';
import { integerBetween, trainingSetting } from '../parse-number.js';

export interface TrainFlags {
  dataset_dir: string;
  model_id: number;
  /** As `readDevice` takes it. */
  hardware_type: string;
  pretrained_model: string;
  classifier_head: 'single' | 'multi';
  opt_alg: 'adam' | 'sgd';
  learning_rate: number;
  batch_size: number;
  num_epochs: number;
  model_path: string;
  plots_path: string;
  results_file: string;
  dataset?: string;
  weights?: string;
  name?: string;
  trainable: Lowercase<Trainable>;
  backbone_learning_rate?: number;
  seed: number;
  validation_fraction?: number;
  test_fraction: number;
  folds?: number;
  repeats?: number;
  preprocessing: (typeof RASTER_RECIPES)[number];
  augmentation_views: number;
  force?: boolean;
  json?: boolean;
}

/** @throws InvalidArgumentError */
export const readDevice = deviceSelection({ offersAuto: true });

const REFERENCE_OPTIONS = "The published experiment's options:";
const OWN_OPTIONS = 'Further options:';

/** The published experiment's twelve options under their names and with its defaults, then what it did not have. */
export function addTrainOptions(command: Command): Command {
  const defaults = TRAINING_DEFAULTS;
  const choice = (flags: string, description: string, choices: readonly string[], preset: string) =>
    new Option(flags, description).choices(choices).default(preset);
  const networks = Object.values(REFERENCE_NAMES);
  return command
    .optionsGroup(REFERENCE_OPTIONS)
    .option(
      '--dataset_dir <directory>',
      'folder of class folders, optionally below train/ and test/',
      './data',
    )
    .option(
      '--model_id <number>',
      'number of the row in the results file',
      integerBetween(0, 1_000_000_000),
      1,
    )
    .addOption(
      new Option('--hardware_type <type>', 'device to train on: cpu, gpu, one card such as gpu:1, or auto')
        .argParser((text) => (readDevice(text), text))
        .default('cpu'),
    )
    .addOption(choice('--pretrained_model <name>', 'backbone', networks, 'resnet18'))
    .addOption(choice('--classifier_head <kind>', 'head', ['single', 'multi'], 'single'))
    .addOption(choice('--opt_alg <name>', 'optimizer', ['adam', 'sgd'], 'adam'))
    .option(
      '--learning_rate <number>',
      'learning rate',
      trainingSetting('learningRate'),
      defaults.learningRate,
    )
    .option('--batch_size <number>', 'pictures in a batch', trainingSetting('batchSize'), defaults.batchSize)
    .option(
      '--num_epochs <number>',
      'passes over the training pictures',
      trainingSetting('epochs'),
      defaults.epochs,
    )
    .option('--model_path <file>', 'head to write: .pth (torch) or .safetensors', './models/model.pth')
    .option('--plots_path <directory>', 'folder for the plots (SVG and PNG)', './plots/')
    .option('--results_file <file>', 'CSV to append the results row to', 'results.csv')
    .optionsGroup(OWN_OPTIONS)
    .option('--dataset <name>', 'a registered data set instead of --dataset_dir')
    .option('--weights <id>', 'backbone weights instead of --pretrained_model (gelql weights list)')
    .option('--name <name>', 'name of the model')
    .addOption(
      choice(
        '--trainable <part>',
        'what is trained besides the head: a new first convolution, the last stage, or all',
        TRAINABLES.map((trainable) => trainable.toLowerCase()),
        'head',
      ),
    )
    .option(
      '--backbone_learning_rate <number>',
      'of what is trained besides the head (default: a tenth of --learning_rate; all of it for stem_and_head)',
      trainingSetting('backboneLearningRate'),
    )
    .option(
      '--seed <number>',
      'seed of split, head, order and dropout',
      trainingSetting('seed'),
      defaults.seed,
    )
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
      choice('--preprocessing <recipe>', 'from pixels to the network input', RASTER_RECIPES, defaults.recipe),
    )
    .option(
      '--augmentation_views <number>',
      'views per training picture',
      trainingSetting('augmentationViews'),
      defaults.augmentationViews,
    )
    .option('--force', 'train again what a run has done already')
    .option('--json', 'print the result as JSON');
}

export function readTrainable({ trainable }: Pick<TrainFlags, 'trainable'>): Trainable {
  return trainable.toUpperCase() as Trainable;
}

/** @param dataset id or name */
export function trainingRequestOf(flags: TrainFlags, dataset: string): StartTrainingRequest {
  const network =
    flags.weights === undefined
      ? { architecture: architectureOf(flags.pretrained_model) }
      : { backboneId: flags.weights };
  return {
    ...network,
    dataset,
    name: flags.name,
    head: flags.classifier_head === 'multi' ? 'MULTI' : 'SINGLE',
    optimizer: flags.opt_alg === 'sgd' ? 'SGD' : 'ADAM',
    device: readDevice(flags.hardware_type).device,
    learningRate: flags.learning_rate,
    batchSize: flags.batch_size,
    epochs: flags.num_epochs,
    trainable: readTrainable(flags),
    backboneLearningRate: flags.backbone_learning_rate,
    seed: flags.seed,
    validationFraction: flags.validation_fraction,
    testFraction: flags.test_fraction,
    folds: flags.folds,
    repeats: flags.repeats,
    recipe: flags.preprocessing,
    augmentationViews: flags.augmentation_views,
    force: flags.force,
  };
}

function architectureOf(referenceName: string): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => REFERENCE_NAMES[architecture] === referenceName);
}
