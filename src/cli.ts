import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { registerClassifyCommand } from './cli/classify-command.js';
import { registerDatasetCommand } from './cli/dataset-command.js';
import { registerDemoCommand } from './cli/demo-command.js';
import { registerDoctorCommand } from './cli/doctor-command.js';
import { registerMigrateCommand } from './cli/migrate-command.js';
import { registerModelsCommand } from './cli/models-command.js';
import { formatError } from './cli/output.js';
import { registerResultsCommand } from './cli/results-command.js';
import { registerServeCommand } from './cli/serve-command.js';
import { registerSetupCommand } from './cli/setup-command.js';
import { registerTrainCommand } from './cli/train-command.js';
import { registerWeightsCommand } from './cli/weights-command.js';
import { PACKAGE_DIR, readConfig, type Config } from './config.js';
import { prepareFonts } from './reports/fonts.js';

/** 0: done. 1: the command failed, the code is on stderr. 2: it was called wrongly. */
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function createProgram(getConfig: () => Config): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_DIR, 'package.json'), 'utf8')) as { version: string };
  const program = new Command('gelql')
    .description('Trains, registers and serves classifiers of gel electrophoresis pictures.')
    .version(version)
    .showHelpAfterError('(gelql --help lists the commands)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed (the error code is on stderr), 2 called wrongly.');
  registerDemoCommand(program, getConfig);
  registerServeCommand(program, getConfig);
  registerTrainCommand(program, getConfig);
  registerClassifyCommand(program, getConfig);
  registerResultsCommand(program, getConfig);
  registerModelsCommand(program, getConfig);
  registerDatasetCommand(program, getConfig);
  registerWeightsCommand(program, getConfig);
  registerSetupCommand(program, { getConfig });
  registerDoctorCommand(program, getConfig);
  registerMigrateCommand(program, getConfig);
  return withExitOverride(program);
}

/** Lets the end of this file choose the exit code; commander asks each command for it. */
function withExitOverride(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
  return command;
}

let config: Config | null = null;
const program = createProgram(() => (config ??= readConfig()));
try {
  // Before anything loads sharp: its font configuration is read once.
  if (process.argv.length > 2) prepareFonts((config ??= readConfig()).cacheDir);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    process.stderr.write(`${formatError(error)}\n`);
    process.exitCode = EXIT_FAILED;
  }
}
