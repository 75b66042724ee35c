import type { Command } from 'commander';
import type { Config } from '../config.js';
import { setupTensorflow, type SetupOutcome } from '../setup/tensorflow/setup-tensorflow.js';
import { formatBytes } from '../networks/weights/file-facts.js';
import { runInterruptibly } from './interruptible.js';
import { printJson, printNote, printResult } from './output.js';

interface SetupFlags {
  version?: string;
  wheel?: string;
  json?: boolean;
}

/**
 * Adds `gelql setup tensorflow`. Progress goes to stderr, the result to stdout (as JSON with `--json`).
 * The action rejects with GelqlError SETUP_FAILED; SIGINT and SIGTERM end it cleanly.
 */
export function registerSetupCommand(program: Command, getConfig: () => Config): void {
  // Otherwise `--version 2.21.0` would be taken for the program's own option, wherever it stands.
  program.enablePositionalOptions();
  const setup = program.command('setup').description('install optional native parts');
  setup
    .command('tensorflow')
    .description(
      'install native TensorFlow for the tensorflow engine: pip fetches it, a C++ compiler links it',
    )
    .option('--version <version>', 'TensorFlow version (default: the tested one)')
    .option('--wheel <file>', 'use this TensorFlow wheel and download nothing (closed networks)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The library comes from the wheel on the package index, through your own pip (so PIP_INDEX_URL and its
like count), is checked against a pinned SHA-256, and lies below GELQL_CACHE_DIR, where no later
npm ci removes it. Without it the other engines go on working.

Examples:
  gelql setup tensorflow
  gelql setup tensorflow --wheel tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
    )
    .action(async (flags: SetupFlags) => {
      const outcome = await runInterruptibly((signal) =>
        setupTensorflow({
          ...{ cacheDir: getConfig().cacheDir, version: flags.version, wheel: flags.wheel, signal },
          onProgress: printNote,
        }),
      );
      if (flags.json === true) printJson(outcome);
      else printResult(formatOutcome(outcome));
    });
}

function formatOutcome({ status, version, directory, sizeBytes }: SetupOutcome): string {
  const said = {
    installed: 'installed and linked',
    relinked: 'was installed, linked again',
    already: 'is installed and linked already',
  }[status];
  return `TensorFlow ${version} ${said} (${formatBytes(sizeBytes)} in ${directory})`;
}
