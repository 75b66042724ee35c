import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { PACKAGE_DIR } from '../../config.js';
import { GelqlError } from '../../errors.js';

const TOOL = join(PACKAGE_DIR, 'tools', 'synthesize', 'main.ts');
/** Runs the tool's TypeScript; only a clone has it, as it has the tool. */
const LOADER = join(PACKAGE_DIR, 'node_modules', 'tsx', 'dist', 'loader.mjs');

/** The tool reads its own options and has its own help: nothing of it is loaded here. */
export function registerSynthesizeCommand(dataset: Command): void {
  dataset
    .command('synthesize')
    .description('draw gels and hard negatives: free of rights, the same for the same seed')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]', 'see gelql dataset synthesize --help')
    .action(async (given: string[]) => {
      process.exitCode = await runTool(given);
    });
}

/** @throws GelqlError NOT_FOUND where only the built program is there */
async function runTool(given: readonly string[]): Promise<number> {
  if (!existsSync(TOOL) || !existsSync(LOADER)) {
    throw new GelqlError(
      'NOT_FOUND',
      'Pictures are synthesized by a tool of the source tree, which is not installed here. Run the command in a clone.',
    );
  }
  const child = spawn(process.execPath, ['--import', pathToFileURL(LOADER).href, TOOL, ...given], {
    stdio: 'inherit',
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGTERM', forward).on('SIGINT', forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
    });
  } finally {
    process.off('SIGTERM', forward).off('SIGINT', forward);
  }
}
