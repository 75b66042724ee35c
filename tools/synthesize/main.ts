/** `gelql dataset synthesize`: draws a data set of gels and hard negatives. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { formatError, printJson, printNote, printResult } from '../../src/cli/terminal/output.js';
import { integerBetween } from '../../src/cli/parse/parse-number.js';
import { createProgress } from '../../src/cli/terminal/progress.js';
import type { DatasetRecord } from './dataset-record.js';
import { synthesizeDataset } from './synthesize-dataset.js';

interface Flags {
  seed: number;
  train: number;
  test: number;
  json?: boolean;
}

const program = new Command('gelql dataset synthesize')
  .argument('<directory>', 'folder to write; must be empty or absent')
  .description('draw gels and hard negatives: free of rights, the same for the same seed')
  .option('--seed <number>', 'seed of the set', integerBetween(0, 2_147_483_647), 1)
  .option('--train <number>', 'training pictures per class', integerBetween(1, 100_000), 60)
  .option('--test <number>', 'test pictures per class', integerBetween(1, 100_000), 20)
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    '\nExamples:\n  gelql dataset synthesize gels\n  gelql dataset synthesize gels --seed 2 --train 500 --test 100',
  )
  .action(async (directory: string, flags: Flags) => {
    const record = await synthesizeWithProgress(resolve(directory), flags);
    if (flags.json === true) printJson(record);
    else {
      printResult(
        `${2 * (flags.train + flags.test)} pictures in ${directory}; import them with: gelql dataset import ${directory}`,
      );
    }
  });

async function synthesizeWithProgress(
  directory: string,
  { seed, train, test }: Flags,
): Promise<DatasetRecord> {
  const progress = createProgress('synthesize', 'pictures');
  try {
    return await synthesizeDataset({
      directory,
      seed,
      train: { gel: train, not_gel: train },
      test: { gel: test, not_gel: test },
      onProgress: (done, total) => progress.update('drawing', done, total),
    });
  } finally {
    progress.stop();
  }
}

await program.parseAsync().catch((error: unknown) => {
  printNote(formatError(error));
  process.exitCode = 1;
});
