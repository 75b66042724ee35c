import type { Command } from 'commander';
import type { Config } from '../config.js';
import { setupTensorflow, type SetupOutcome } from '../setup/tensorflow/setup-tensorflow.js';
import { formatBytes } from '../networks/weights/file-facts.js';
import { runInterruptibly } from './terminal/interruptible.js';
import { printJson, printNote, printResult } from './terminal/output.js';

interface SetupFlags {
  gpu?: boolean;
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
    .option('--gpu', 'install the build for NVIDIA graphics cards with its CUDA libraries (Linux, x64)')
    .option('--version <version>', 'TensorFlow version (default: the tested one)')
    .option('--wheel <file>', 'use this TensorFlow wheel and download nothing (closed networks)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The library comes from the wheel on the package index, through your own pip (so PIP_INDEX_URL and its
like count), is checked against a pinned SHA-256, and lies below GELQL_CACHE_DIR, where no later
npm ci removes it. Without it the other engines go on working. --gpu installs the tensorflow_gpu engine
beside the tensorflow engine: 2.4 GB are fetched and 4.1 GB stay; 6.2 GB must be free. It needs NVIDIA's
driver for CUDA 12.5 or newer and nothing else of CUDA. A broken-off set-up goes on with the wheel that
it was at. With --wheel the CUDA wheels are taken from the folder of that file.

Examples:
  gelql setup tensorflow
  gelql setup tensorflow --gpu
  gelql setup tensorflow --wheel tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
    )
    .action(async (flags: SetupFlags) => {
      const outcome = await runInterruptibly((signal) =>
        setupTensorflow({
          ...{ cacheDir: getConfig().cacheDir, version: flags.version, wheel: flags.wheel, signal },
          variant: flags.gpu === true ? 'gpu' : 'cpu',
          onProgress: printNote,
        }),
      );
      if (flags.json === true) printJson(outcome);
      else printResult(formatOutcome(outcome));
    });
}

function formatOutcome({ status, version, directory, sizeBytes, cudaWheels }: SetupOutcome): string {
  const isLinked = cudaWheels === undefined ? ' and linked' : '';
  const said = {
    installed: `installed${isLinked}`,
    relinked: 'was installed, linked again',
    already: `is installed${isLinked} already`,
  }[status];
  const variant = cudaWheels === undefined ? '' : ' for graphics cards';
  return `TensorFlow ${version}${variant} ${said} (${formatBytes(sizeBytes)} in ${directory})`;
}
