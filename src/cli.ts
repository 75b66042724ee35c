import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { formatError } from './cli/terminal/output.js';
import { PACKAGE_DIR, readConfig, type Config } from './config.js';
import { prepareFonts } from './reports/fonts.js';

/** 0: done. 1: the command failed, the code is on stderr. 2: it was called wrongly. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

interface CommandEntry {
  name: string;
  summary: string;
  /** Only the command that is called is loaded: all of them together take a second. */
  load: () => Promise<(program: Command, getConfig: () => Config) => void>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'the main job once: data set, four trainings, classifications, server',
    load: async () => (await import('./cli/demo-command.js')).registerDemoCommand,
  },
  {
    name: 'serve',
    summary: 'serve the GraphQL API, GraphiQL and the health routes',
    load: async () => (await import('./cli/serve-command.js')).registerServeCommand,
  },
  {
    name: 'worker',
    summary: 'take training runs from the queue of a shared PostgreSQL',
    load: async () => (await import('./cli/training/worker-command.js')).registerWorkerCommand,
  },
  {
    name: 'train',
    summary: 'train a model and write it, its plots and its results row',
    load: async () => (await import('./cli/training/train-command.js')).registerTrainCommand,
  },
  {
    name: 'sweep',
    summary: 'train a grid of models and write its table, plots and report',
    load: async () => (await import('./cli/training/sweep-command.js')).registerSweepCommand,
  },
  {
    name: 'classify',
    summary: 'classify pictures, here or on a running server',
    load: async () => (await import('./cli/classify-command.js')).registerClassifyCommand,
  },
  {
    name: 'receipts',
    summary: 'verify, replay and correct stored answers',
    load: async () => (await import('./cli/receipts-command.js')).registerReceiptsCommand,
  },
  {
    name: 'results',
    summary: 'print the results table, best first',
    load: async () => (await import('./cli/results-command.js')).registerResultsCommand,
  },
  {
    name: 'models',
    summary: 'list, choose, compare, promote, export and import models',
    load: async () => (await import('./cli/models/models-command.js')).registerModelsCommand,
  },
  {
    name: 'dataset',
    summary: 'import, list and synthesize data sets',
    load: async () => (await import('./cli/datasets/dataset-command.js')).registerDatasetCommand,
  },
  {
    name: 'weights',
    summary: 'list, fetch, import and check backbone weights',
    load: async () => (await import('./cli/weights-command.js')).registerWeightsCommand,
  },
  {
    name: 'setup',
    summary: 'install optional native parts',
    load: async () => (await import('./cli/setup-command.js')).registerSetupCommand,
  },
  {
    name: 'doctor',
    summary: 'show what was found on this machine and what is missing',
    load: async () => (await import('./cli/doctor-command.js')).registerDoctorCommand,
  },
  {
    name: 'migrate',
    summary: 'bring the database to the schema of this version',
    load: async () => (await import('./cli/migrate-command.js')).registerMigrateCommand,
  },
];

async function createProgram(called: CommandEntry | undefined, getConfig: () => Config): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_DIR, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('gelql')
    .description('Trains, registers and serves classifiers of gel electrophoresis pictures.')
    .version(version)
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how it is called)')
    .addHelpText(
      'after',
      `
Examples:
  gelql demo
  gelql train --dataset_dir pictures
  gelql classify picture.tif
  gelql help train

Exit codes: 0 done, 1 failed (the error code is on stderr), 2 called wrongly.`,
    );
  for (const entry of COMMANDS) {
    if (entry === called) (await entry.load())(program, getConfig);
    else program.command(entry.name).summary(entry.summary);
  }
  return withExitOverride(program);
}

/** Lets the end of this file choose the exit code; commander asks each command for it. */
function withExitOverride(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
  return command;
}

/** `gelql train ...` and `gelql help train` both call train. */
function findCalled([first, second]: readonly string[]): CommandEntry | undefined {
  const called = first === 'help' ? second : first;
  return COMMANDS.find(({ name }) => name === called);
}

let config: Config | null = null;
const getConfig = (): Config => (config ??= readConfig());
try {
  const called = findCalled(process.argv.slice(2));
  // Before anything loads sharp: its font configuration is read once.
  if (called !== undefined) prepareFonts(getConfig().cacheDir);
  await (await createProgram(called, getConfig)).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = EXIT_FAILED;
  }
}
