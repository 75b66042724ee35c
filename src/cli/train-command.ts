import { basename, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { App } from '../app.js';
import type { Config } from '../config.js';
import { scanFolder } from '../datasets/scan-folder.js';
import { RASTER_RECIPES } from '../images/picture.js';
import { ARCHITECTURES, REFERENCE_NAMES, type Architecture } from '../networks/architecture.js';
import { appendResultsCsv } from '../reports/results-csv.js';
import { findResultsOfModels } from '../registry/results.js';
import { GelqlError } from '../errors.js';
import { TRAINING_DEFAULTS } from '../training/resolve-configuration.js';
import { startTraining, type StartTrainingRequest } from '../training/start-training.js';
import { listEpochs } from '../training/training-runs.js';
import { importPictures } from './dataset-command.js';
import { printJson, printNote, printResult } from './output.js';
import { createProgress } from './progress.js';
import { formatResults } from './results-table.js';
import { saveHead } from './save-head.js';
import { savePlots } from './save-plots.js';
import { waitForRun } from './wait-for-run.js';
import { withApp } from './with-app.js';

interface TrainFlags {
  dataset_dir: string;
  dataset?: string;
  model_id: number;
  hardware_type: 'cpu' | 'gpu';
  pretrained_model: string;
  weights?: string;
  classifier_head: 'single' | 'multi';
  opt_alg: 'adam' | 'sgd';
  learning_rate: number;
  batch_size: number;
  num_epochs: number;
  model_path: string;
  plots_path: string;
  results_file: string;
  name?: string;
  seed: number;
  validation_fraction: number;
  test_fraction: number;
  preprocessing: (typeof RASTER_RECIPES)[number];
  augmentation_views: number;
  json?: boolean;
}

/** The published experiment's twelve options under their names and with its defaults, then what it did not have. */
export function registerTrainCommand(program: Command, getConfig: () => Config): void {
  const defaults = TRAINING_DEFAULTS;
  program
    .command('train')
    .description('train a model, register it, and write its head, its plots and its row of the results table')
    .option('--dataset_dir <directory>', 'folder of class folders, optionally below train/ and test/', './data')
    .option('--model_id <number>', 'number of the row in the results file', Number, 1)
    .addOption(new Option('--hardware_type <type>', 'device to train on').choices(['cpu', 'gpu']).default('cpu'))
    .addOption(
      new Option('--pretrained_model <name>', 'backbone').choices(Object.values(REFERENCE_NAMES)).default('resnet18'),
    )
    .addOption(new Option('--classifier_head <kind>', 'head').choices(['single', 'multi']).default('single'))
    .addOption(new Option('--opt_alg <name>', 'optimizer').choices(['adam', 'sgd']).default('adam'))
    .option('--learning_rate <number>', 'learning rate', Number, defaults.learningRate)
    .option('--batch_size <number>', 'pictures in a batch', Number, defaults.batchSize)
    .option('--num_epochs <number>', 'passes over the training pictures', Number, defaults.epochs)
    .option('--model_path <file>', 'head to write: .pth (torch) or .safetensors', './models/model.pth')
    .option('--plots_path <directory>', 'folder for the plots (SVG and PNG)', './plots/')
    .option('--results_file <file>', 'CSV to append the results row to', 'results.csv')
    .option('--dataset <name>', 'a registered data set instead of --dataset_dir')
    .option('--weights <id>', 'backbone weights instead of the default ones of --pretrained_model (gelql weights list)')
    .option('--name <name>', 'name of the model')
    .option('--seed <number>', 'seed of split, head, order and dropout', Number, defaults.seed)
    .option('--validation_fraction <share>', 'share of the training pictures for validation', Number, defaults.validationFraction)
    .option('--test_fraction <share>', 'share for the test where the data set has none of its own', Number, defaults.testFraction)
    .addOption(
      new Option('--preprocessing <recipe>', 'from pixels to the network input').choices(RASTER_RECIPES).default(defaults.recipe),
    )
    .option('--augmentation_views <number>', 'views per training picture', Number, defaults.augmentationViews)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  gelql train --dataset_dir pictures --classifier_head multi --opt_alg sgd --num_epochs 40')
    .action(async (flags: TrainFlags) => {
      saveHead.check(flags.model_path);
      await withApp(getConfig(), (app) => train(app, flags));
    });
}

async function train(app: App, flags: TrainFlags): Promise<void> {
  const dataset = flags.dataset ?? (await importFolder(app, flags.dataset_dir));
  await app.startTrainingWorker();
  const run = await startTraining(app, requestOf(flags, dataset));
  const model = await waitForRun(app, run.id, createProgress(run.name));
  const [results = []] = await findResultsOfModels(app.database, [model.id]);
  const [result] = results;
  if (result === undefined) throw new Error(`Model ${model.name} has no result.`);

  const written = [
    ...(await saveHead(app.database, model, flags.model_path)),
    ...(await savePlots(flags.plots_path, { run, result, epochs: await listEpochs(app.database, [run.id]) })),
  ];
  await appendResultsCsv(flags.results_file, { ...result, modelNumber: flags.model_id });
  written.push(flags.results_file);
  if (flags.json === true) printJson({ model, result, written });
  else printResult(formatResults([result]));
  printNote(`written: ${written.join(', ')}`);
}

function requestOf(flags: TrainFlags, dataset: string): StartTrainingRequest {
  return {
    dataset,
    name: flags.name,
    architecture: architectureOf(flags.pretrained_model),
    backboneId: flags.weights,
    head: flags.classifier_head === 'multi' ? 'MULTI' : 'SINGLE',
    optimizer: flags.opt_alg === 'sgd' ? 'SGD' : 'ADAM',
    device: flags.hardware_type === 'gpu' ? 'GPU' : 'CPU',
    learningRate: flags.learning_rate,
    batchSize: flags.batch_size,
    epochs: flags.num_epochs,
    seed: flags.seed,
    validationFraction: flags.validation_fraction,
    testFraction: flags.test_fraction,
    recipe: flags.preprocessing,
    augmentationViews: flags.augmentation_views,
  };
}

function architectureOf(referenceName: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => REFERENCE_NAMES[architecture] === referenceName);
  if (found === undefined) throw new GelqlError('BAD_REQUEST', `There is no network "${referenceName}".`);
  return found;
}

/** The folder's pictures as a data set; the same pictures are registered once, whatever the folder is called. */
async function importFolder(app: App, directory: string): Promise<string> {
  const pictures = await scanFolder(directory);
  const source = basename(resolve(directory));
  try {
    return (await importPictures(app, { name: source, source, pictures })).dataset.id;
  } catch (error) {
    // Another content under the same folder name: the time tells the two apart.
    if (!(error instanceof GelqlError) || error.code !== 'CONFLICT') throw error;
    const name = `${source} ${new Date().toISOString().slice(0, 19)}`;
    return (await importPictures(app, { name, source, pictures })).dataset.id;
  }
}
