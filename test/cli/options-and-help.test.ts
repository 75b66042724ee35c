import { Command, CommanderError } from 'commander';
import { readConfig } from '../../src/config.js';
import { registerClassifyCommand } from '../../src/cli/classify-command.js';
import { registerDatasetCommand } from '../../src/cli/datasets/dataset-command.js';
import { registerDemoCommand } from '../../src/cli/demo-command.js';
import { registerDoctorCommand } from '../../src/cli/doctor-command.js';
import { registerMigrateCommand } from '../../src/cli/migrate-command.js';
import { registerModelsCommand } from '../../src/cli/models/models-command.js';
import { formatDuration, formatError } from '../../src/cli/terminal/output.js';
import { integerBetween, trainingSetting } from '../../src/cli/parse/parse-number.js';
import { registerResultsCommand } from '../../src/cli/results-command.js';
import { registerServeCommand } from '../../src/cli/serve-command.js';
import { registerSetupCommand } from '../../src/cli/setup-command.js';
import { addSweepOptions, sweepRequestOf, type SweepFlags } from '../../src/cli/training/sweep-flags.js';
import { registerSweepCommand } from '../../src/cli/training/sweep-command.js';
import { registerTrainCommand } from '../../src/cli/training/train-command.js';
import {
  addTrainOptions,
  givenFlags,
  trainingRequestOf,
  type TrainFlags,
} from '../../src/cli/training/train-flags.js';
import { registerWeightsCommand } from '../../src/cli/weights-command.js';
import { registerWorkerCommand } from '../../src/cli/training/worker-command.js';
import { GelqlError } from '../../src/errors.js';
import { expandGrid, resolveGrid } from '../../src/sweeps/sweep-grid.js';
import { PUBLISHED_CONFIGURATION, resolveConfiguration } from '../../src/runs/resolve-configuration.js';

const REGISTRATIONS = [
  ...[registerDemoCommand, registerServeCommand, registerTrainCommand, registerClassifyCommand],
  ...[registerResultsCommand, registerModelsCommand, registerDatasetCommand, registerWeightsCommand],
  ...[registerSetupCommand, registerDoctorCommand, registerMigrateCommand, registerWorkerCommand],
  registerSweepCommand,
];

const program = new Command('gelql');
for (const register of REGISTRATIONS) register(program, () => readConfig({}));

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

// `dataset synthesize` hands its options to a tool with a help of its own (commands.test.ts).
const leaves = program.commands
  .flatMap((command) => (command.commands.length > 0 ? command.commands : [command]))
  .filter((command) => command.name() !== 'synthesize');

test.each(leaves.map((command) => [`${command.parent?.name() ?? ''} ${command.name()}`, command] as const))(
  'the help of %s describes every option and gives an example that calls it',
  (_, command) => {
    const help = helpOf(command);
    expect(command.description()).not.toBe('');
    for (const option of command.options) expect(option.description).not.toBe('');
    const path = command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`;
    expect(help).toMatch(new RegExp(`Examples:\\n(.*\\n)*.*gelql ${path}`));
  },
);

test('train has the twelve options of the published experiment, with its defaults', () => {
  const train = program.commands.find((command) => command.name() === 'train');
  const defaults = train?.options.slice(0, 12).map((option) => [option.long, option.defaultValue as unknown]);
  expect(defaults).toEqual([
    ['--dataset_dir', './data'],
    ['--model_id', 1],
    ['--hardware_type', 'cpu'],
    ['--pretrained_model', 'resnet18'],
    ['--classifier_head', 'single'],
    ['--opt_alg', 'adam'],
    ['--learning_rate', 0.001],
    ['--batch_size', 23],
    ['--num_epochs', 20],
    ['--model_path', './output/model.pth'],
    ['--plots_path', './output/plots'],
    ['--results_file', './output/results.csv'],
  ]);
});

test('train without options asks for the defaults of a training run', () => {
  const train = program.commands.find((command) => command.name() === 'train');
  const request = trainingRequestOf(train?.opts() as TrainFlags, 'gels');
  const { dataset, name, architecture, device, ...fields } = request;
  expect([dataset, name, architecture, device]).toEqual(['gels', undefined, 'resnet18', 'CPU']);
  expect(resolveConfiguration(fields)).toEqual(PUBLISHED_CONFIGURATION);
});

test('train leaves what is not given to the recommended defaults, where they are asked for', () => {
  const command = addTrainOptions(new Command('train').exitOverride());
  const requestFor = (...args: string[]) => {
    const called = command.parse(args, { from: 'user' });
    return trainingRequestOf(givenFlags(called), 'gels');
  };
  const { defaults, epochs, classWeights, learningRate, head, device } = requestFor(
    ...['--defaults', 'recommended', '--learning_rate', '0.001', '--classifier_head', 'multi'],
  );
  expect({ defaults, epochs, classWeights }).toEqual({
    defaults: 'RECOMMENDED',
    epochs: undefined,
    classWeights: undefined,
  });
  expect({ learningRate, head, device }).toEqual({ learningRate: 0.001, head: 'MULTI', device: 'CPU' });
});

function parseSweep(...args: string[]) {
  const command = addSweepOptions(
    new Command('sweep').exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  const flags = command.parse(args, { from: 'user' }).opts<SweepFlags>();
  return resolveGrid(sweepRequestOf(flags, 'gels'));
}

test("sweep without options asks for the published experiment's 24 models", () => {
  const parts = expandGrid(parseSweep());
  expect(parts).toEqual(expandGrid(resolveGrid({})));
  expect(parts).toHaveLength(24);
});

test('sweep takes the lists by the names of the published experiment', () => {
  const grid = parseSweep(
    ...[
      '--pretrained_models',
      'mobilenet-v3,resnet18',
      '--classifier_heads',
      'multi',
      '--opt_algs',
      'sgd, adam',
    ],
    ...['--hardware_types', 'gpu', '--seeds', '3,1', '--learning_rates', '.1,1e-3', '--batch_sizes', '8'],
    ...[
      '--num_epochs',
      '5,10',
      '--weights',
      'mine-1',
      '--folds',
      '5',
      '--repeats',
      '2',
      '--augmentation_views',
      '3',
    ],
  );
  expect(grid).toMatchObject({
    backboneIds: ['mobilenet_v3_large-gelql-1', 'resnet18-gelql-2', 'mine-1'],
    heads: ['MULTI'],
    optimizers: ['SGD', 'ADAM'],
    devices: ['GPU'],
    seeds: [3, 1],
    learningRates: [0.1, 0.001],
    batchSizes: [8],
    epochs: [5, 10],
    folds: 5,
    repeats: 2,
    augmentationViews: 3,
  });
  for (const wrong of ['resnet50', 'resnet18,', 'resnet18,resnet18', '']) {
    expect(() => parseSweep('--pretrained_models', wrong)).toThrow(CommanderError);
  }
  expect(() => parseSweep('--seeds', '1,x')).toThrow(CommanderError);
  expect(() => parseSweep('--num_epochs', '0')).toThrow(CommanderError);
});

test('numbers are numbers: no empty text, no other base, no fraction where a count is meant, nothing out of range', () => {
  const port = integerBetween(0, 65_535);
  expect([port('0'), port(' 4000 '), port('65535'), port('1e3')]).toEqual([0, 4000, 65_535, 1000]);
  for (const text of ['', ' ', 'x', '0x10', '1.5', '-1', '65536', '1,000', 'NaN', 'Infinity', '١']) {
    expect(() => port(text)).toThrow(/^Give a (whole )?number/);
  }
  const rate = trainingSetting('learningRate');
  expect(rate('1e-4')).toBe(0.0001);
  for (const text of ['0', '-1', '11', '', '1e999']) expect(() => rate(text)).toThrow();
  expect(() => trainingSetting('validationFraction')('0.6')).toThrow('0.5');
});

test('a duration reads the same in every command', () => {
  expect([0, 940, 9_949, 9_950, 59_400, 59_600, 125_000].map(formatDuration)).toEqual([
    ...['0.0 s', '0.9 s', '9.9 s', '10 s', '59 s', '1 min 0 s', '2 min 5 s'],
  ]);
});

test('an error of ours names its code and what to do, one of the system its file, and only a fault has a stack', () => {
  const ours = formatError(new GelqlError('NOT_FOUND', 'There is no model "x".'));
  expect(ours).toMatch(/^error NOT_FOUND: There is no model "x"\.\n {2}Check/);
  const denied = Object.assign(new Error('EACCES: permission denied, open /r.csv'), { syscall: 'open' });
  expect(formatError(denied)).toBe('error: EACCES: permission denied, open /r.csv');
  expect(formatError(new TypeError('x is undefined'))).toContain('at ');
});
