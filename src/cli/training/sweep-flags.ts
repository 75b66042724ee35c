import type { Command } from 'commander';
import { ARCHITECTURES, REFERENCE_NAMES, type Architecture } from '../../words/architecture.js';
import { SHARED_NAMES } from '../../words/training-settings.js';
import type { StartSweepRequest } from '../../sweeps/start-sweep.js';
import type { GridLists } from '../../words/sweep-request.js';
import { listOf, oneOf, word } from '../parse/parse-list.js';
import { integerBetween } from '../parse/parse-number.js';
import {
  addListOptions,
  addSettingOptions,
  readLists,
  readSettings,
  type ReadOptions,
} from './setting-options.js';

/** The settings of src/words/training-settings.ts come besides: lists under the plural of their flags. */
export interface SweepFlags extends ReadOptions {
  dataset_dir: string;
  hardware_types?: GridLists['devices'];
  pretrained_models?: Architecture[];
  weights?: string[];
  dataset?: string;
  name?: string;
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
  const networks = Object.fromEntries(ARCHITECTURES.map((network) => [REFERENCE_NAMES[network], network]));
  command
    .optionsGroup(GRID_OPTIONS)
    .option(
      '--hardware_types <types>',
      'cpu, gpu, auto (default: cpu,gpu)',
      listOf(oneOf({ cpu: 'CPU', gpu: 'GPU', auto: 'AUTO' })),
    )
    .option(
      '--pretrained_models <names>',
      `${Object.keys(networks).join(', ')} (default: the published experiment's three)`,
      listOf(oneOf(networks)),
    )
    .option(
      '--weights <ids>',
      'backbone weights, after those of --pretrained_models (gelql weights list)',
      listOf(word),
    );
  addListOptions(command)
    .optionsGroup(SHARED_OPTIONS)
    .option(
      '--dataset_dir <directory>',
      'folder of class folders, optionally below train/ and test/',
      './data',
    )
    .option('--dataset <name>', 'a registered data set instead of --dataset_dir');
  return addSettingOptions(command, SHARED_NAMES, { choosesDefaults: false })
    .optionsGroup(OWN_OPTIONS)
    .option('--name <name>', 'name of the sweep; the same grid under the same name goes on with it')
    .option(
      '--concurrency <number>',
      'runs at once in this process; 0 leaves them to the workers of DATABASE_URL',
      integerBetween(0, 64),
      1,
    )
    .option('--output <directory>', 'folder for results.csv, report.html and the plots', './output/sweep')
    .option('--force', 'train again what runs have done already')
    .option('--json', 'print the sweep as JSON');
}

/** @param dataset id or name */
export function sweepRequestOf(flags: SweepFlags, dataset: string): StartSweepRequest {
  return {
    ...readLists(flags),
    ...readSettings(flags, SHARED_NAMES),
    dataset,
    name: flags.name,
    force: flags.force,
    architectures: flags.pretrained_models,
    backboneIds: flags.weights,
    devices: flags.hardware_types,
  };
}
