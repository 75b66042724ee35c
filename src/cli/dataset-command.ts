import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.js';
import type { Config } from '../config.js';
import { countClasses, listDatasets } from '../datasets/datasets.js';
import { readGroupFile } from '../datasets/read-group-file.js';
import { registerDataset, type ImportReport } from '../datasets/register-dataset.js';
import { prefixNames, scanFolder, type ScannedPicture } from '../datasets/scan-folder.js';
import { synthesizeDataset } from '../datasets/synthesize/synthesize-dataset.js';
import { DEFAULT_RECIPE } from '../images/picture.js';
import { GelqlError } from '../errors.js';
import { formatTable, printJson, printNote, printResult } from './output.js';
import { createProgress } from './progress.js';
import { withApp } from './with-app.js';

interface ImportFlags {
  name?: string;
  train?: string[];
  test?: string[];
  classes?: string[];
  groups?: string;
  json?: boolean;
}

const collect = (value: string, previous: string[] | undefined): string[] => [...(previous ?? []), value];
const splitList = (value: string): string[] => value.split(',').map((name) => name.trim());

export function registerDatasetCommand(program: Command, getConfig: () => Config): void {
  const dataset = program.command('dataset').description('import, list and synthesize data sets');
  dataset
    .command('import')
    .argument('[directory]', 'folder with one folder of pictures per class, optionally below train/ and test/')
    .description('register the pictures of a folder as a data set')
    .option('--name <name>', 'name of the data set (default: the name of the folder)')
    .option('--train <directory>', 'a folder of classes for training; may be given several times', collect)
    .option('--test <directory>', 'a folder of classes for the test; may be given several times', collect)
    .option('--classes <names>', 'only these classes, separated by commas', splitList)
    .option('--groups <file>', 'CSV with columns `file` and `group` (or `owner_repo`): pictures of one group never straddle a split')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql dataset import pictures\n  gelql dataset import --name all --train lab-a --train lab-b --test lab-c',
    )
    .action(async (directory: string | undefined, flags: ImportFlags) => {
      const config = getConfig();
      const { pictures, source } = await scanAll(directory, flags);
      const groups = flags.groups === undefined ? undefined : await readGroupFile(flags.groups, pictures);
      const name = flags.name ?? basename(resolve(directory ?? flags.train?.[0] ?? '.'));
      await withApp(config, async (app) => {
        const outcome = await importPictures(app, { name, source, pictures, ...(groups === undefined ? {} : { groups }) });
        if (flags.json === true) printJson(outcome);
        else printReport(outcome);
      });
    });

  dataset
    .command('list')
    .description('list the registered data sets')
    .option('--json', 'print as JSON')
    .action(async (flags: { json?: boolean }) => {
      await withApp(getConfig(), async ({ database }) => {
        const rows = await listDatasets(database);
        const classes = await countClasses(
          database,
          rows.map(({ id }) => id),
        );
        if (flags.json === true) {
          printJson(rows.map((row, index) => ({ ...row, classes: classes[index] })));
          return;
        }
        printResult(
          formatTable(
            ['name', 'pictures', 'classes', 'digest'],
            rows.map((row, index) => [
              row.name,
              String(row.imageCount),
              (classes[index] ?? []).map((entry) => `${entry.name} ${entry.imageCount}`).join(', '),
              row.digest.slice(0, 12),
            ]),
          ),
        );
      });
    });

  dataset
    .command('synthesize')
    .argument('<directory>', 'folder to write; must be empty or absent')
    .description('draw gels and hard negatives: free of rights, the same for the same seed')
    .option('--seed <number>', 'seed of the set', Number, 1)
    .option('--train <number>', 'training pictures per class', Number, 60)
    .option('--test <number>', 'test pictures per class', Number, 20)
    .action(async (directory: string, flags: { seed: number; train: number; test: number }) => {
      const progress = createProgress('synthesize');
      try {
        await synthesizeDataset({
          directory: resolve(directory),
          seed: flags.seed,
          train: { gel: flags.train, not_gel: flags.train },
          test: { gel: flags.test, not_gel: flags.test },
          onProgress: (done, total) => progress.update('pictures', done, total),
        });
      } finally {
        progress.stop();
      }
      printResult(`${2 * (flags.train + flags.test)} pictures in ${directory}; import them with: gelql dataset import ${directory}`);
    });
}

async function scanAll(
  directory: string | undefined,
  { train = [], test = [], classes }: ImportFlags,
): Promise<{ pictures: ScannedPicture[]; source: string }> {
  const only = classes === undefined ? {} : { classes };
  const folders = [
    ...(directory === undefined ? [] : [{ folder: directory, options: only }]),
    ...train.map((folder) => ({ folder, options: { subset: 'TRAIN' as const, ...only } })),
    ...test.map((folder) => ({ folder, options: { subset: 'TEST' as const, ...only } })),
  ];
  if (folders.length === 0) throw new GelqlError('BAD_REQUEST', 'Name a folder, or use --train and --test.');
  const pictures: ScannedPicture[] = [];
  for (const { folder, options } of folders) {
    const scanned = await scanFolder(folder, options);
    pictures.push(...(folders.length === 1 ? scanned : prefixNames(scanned, folder)));
  }
  return { pictures, source: folders.map(({ folder }) => basename(resolve(folder))).join(' + ') };
}

/** Registers pictures with a progress bar; their facts come from the image workers. */
export async function importPictures(
  app: App,
  options: { name: string; source: string; pictures: readonly ScannedPicture[]; groups?: ReadonlyMap<string, string> },
): ReturnType<typeof registerDataset> {
  const progress = createProgress(`import ${options.name}`);
  try {
    return await registerDataset(app.database, {
      ...options,
      readFacts: async (bytes) => {
        const { facts } = await app.compute.prepareImage(
          { bytes, page: null, recipe: DEFAULT_RECIPE, views: 1, maxPixels: app.config.maxPixels },
          { lane: 'training' },
        );
        return facts;
      },
      onProgress: (done, total) => progress.update('pictures', done, total),
    });
  } finally {
    progress.stop();
  }
}

function printReport({ dataset, report, isNew }: Awaited<ReturnType<typeof registerDataset>>): void {
  printResult(
    isNew
      ? `Data set ${dataset.name}: ${report.pictures} pictures, digest ${dataset.digest}`
      : `The same pictures are registered already as ${dataset.name}, digest ${dataset.digest}`,
  );
  printResult(formatTable(['class', 'pictures'], report.perClass.map(({ name, imageCount }) => [name, String(imageCount)])));
  printFindings(report);
}

function printFindings({ skipped, duplicates, droppedFromTraining }: ImportReport): void {
  for (const { name, code, message } of skipped) printNote(`skipped ${name}: ${code}: ${message}`);
  for (const { names, acrossSplits, acrossClasses } of duplicates) {
    const marks = [acrossSplits ? 'in training and test' : '', acrossClasses ? 'IN DIFFERENT CLASSES' : ''];
    printNote(`the same picture: ${names.join(' = ')} ${marks.filter(Boolean).join(', ')}`.trimEnd());
  }
  if (droppedFromTraining.length > 0) {
    printNote(`left out of training because they are test pictures: ${droppedFromTraining.join(', ')}`);
  }
}
