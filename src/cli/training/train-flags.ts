import { Option, type Command } from 'commander';
import { ARCHITECTURES, REFERENCE_NAMES, type Architecture } from '../../words/architecture.js';
import { SETTING_NAMES, TRAINING_SETTINGS, type SettingName } from '../../words/training-settings.js';
import type { StartTrainingRequest } from '../../training/start-training.js';
import { deviceSelection } from '../parse/parse-device.js';
import { integerBetween } from '../parse/parse-number.js';
import { addSettingOptions, readSettings, type ReadOptions } from './setting-options.js';

/** The settings of src/words/training-settings.ts come besides, under their flags. */
export interface TrainFlags extends ReadOptions {
  dataset_dir: string;
  model_id: number;
  /** As `readDevice` takes it. */
  hardware_type: string;
  pretrained_model: string;
  model_path: string;
  plots_path: string;
  results_file: string;
  dataset?: string;
  weights?: string;
  name?: string;
  defaults: 'published' | 'recommended';
  force?: boolean;
  json?: boolean;
}

/** @throws InvalidArgumentError */
export const readDevice = deviceSelection({ offersAuto: true });

const REFERENCE_OPTIONS = "The published experiment's options:";
const OWN_OPTIONS = 'Further options:';

const isPublished = (name: SettingName) => 'isPublished' in TRAINING_SETTINGS[name];

/** The published experiment's twelve options under their names and with its defaults, then what it did not have. */
export function addTrainOptions(command: Command): Command {
  const networks = Object.values(REFERENCE_NAMES);
  command
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
    .addOption(
      new Option('--pretrained_model <name>', 'backbone').choices(networks).default(REFERENCE_NAMES.resnet18),
    );
  addSettingOptions(command, SETTING_NAMES.filter(isPublished), { choosesDefaults: true });
  command
    .option('--model_path <file>', 'head to write: .pth (torch) or .safetensors', './output/model.pth')
    .option('--plots_path <directory>', 'folder for the plots (SVG and PNG)', './output/plots')
    .option('--results_file <file>', 'CSV to append the results row to', './output/results.csv')
    .optionsGroup(OWN_OPTIONS)
    .option('--dataset <name>', 'a registered data set instead of --dataset_dir')
    .option('--weights <id>', 'backbone weights instead of --pretrained_model (gelql weights list)')
    .option('--name <name>', 'name of the model')
    .addOption(
      new Option(
        '--defaults <name>',
        'where what is not given comes from: the published experiment, or what is recommended for pictures of your own',
      )
        .choices(['published', 'recommended'])
        .default('published'),
    );
  return addSettingOptions(
    command,
    SETTING_NAMES.filter((name) => !isPublished(name)),
    { choosesDefaults: true },
  )
    .option('--force', 'train again what a run has done already')
    .option('--json', 'print the result as JSON');
}

/** The options without those that only have their published default, where other defaults are asked for. */
export function givenFlags(command: Command): TrainFlags {
  const flags = command.opts<TrainFlags>();
  if (flags.defaults === 'published') return flags;
  const settings: readonly string[] = SETTING_NAMES.map((name) => TRAINING_SETTINGS[name].flag);
  const isLeftOut = (name: string) =>
    settings.includes(name) && command.getOptionValueSource(name) === 'default';
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !isLeftOut(name))) as TrainFlags;
}

/** @param dataset id or name */
export function trainingRequestOf(flags: TrainFlags, dataset: string): StartTrainingRequest {
  const network =
    flags.weights === undefined
      ? { architecture: architectureOf(flags.pretrained_model) }
      : { backboneId: flags.weights };
  return {
    ...readSettings(flags, SETTING_NAMES),
    ...network,
    dataset,
    defaults: flags.defaults === 'recommended' ? 'RECOMMENDED' : 'PUBLISHED',
    name: flags.name,
    device: readDevice(flags.hardware_type).device,
    force: flags.force,
  };
}

function architectureOf(referenceName: string): Architecture | undefined {
  return ARCHITECTURES.find((architecture) => REFERENCE_NAMES[architecture] === referenceName);
}
