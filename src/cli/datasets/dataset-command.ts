import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../config.js';
import { countClasses, countGroups, listDatasets, type DatasetRow } from '../../datasets/datasets.js';
import { readGroupFile } from '../../datasets/read-group-file.js';
import { scanFolders, type DatasetFolder } from '../../datasets/scan-folder.js';
import { GelqlError } from '../../errors.js';
import { listNames } from '../../list-names.js';
import { registerDuplicatesCommand } from './dataset-duplicates-command.js';
import { registerFromReviewsCommand } from './dataset-from-reviews-command.js';
import { importPictures } from './import-pictures.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { printImport } from './print-import.js';
import { registerSynthesizeCommand } from './synthesize-command.js';
import { withApp } from '../with-app.js';
import { withDatabase } from '../with-database.js';

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
    .argument(
      '[directory]',
      'folder with one folder of pictures per class, optionally below train/ and test/',
    )
    .description('register the pictures of a folder as a data set')
    .option('--name <name>', 'name of the data set (default: the name of the folder)')
    .option('--train <directory>', 'a folder of classes for training; may be given several times', collect)
    .option('--test <directory>', 'a folder of classes for the test; may be given several times', collect)
    .option('--classes <names>', 'only these classes, separated by commas', splitList)
    .option(
      '--groups <file>',
      'CSV with columns `file` and `group` (or `owner_repo`): pictures of one group never straddle a split',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql dataset import pictures\n  gelql dataset import --name all --train lab-a --train lab-b --test lab-c',
    )
    .action(async (directory: string | undefined, flags: ImportFlags) => {
      const config = getConfig();
      const folders = foldersOf(directory, flags);
      const [first] = folders;
      if (first === undefined) {
        throw new GelqlError('BAD_REQUEST', 'Name a folder, or use --train and --test.');
      }
      const scan = await scanFolders(folders, { classes: flags.classes });
      const groups =
        flags.groups === undefined ? undefined : await readGroupFile(flags.groups, scan.pictures);
      await withApp(config, async (app) => {
        const outcome = await importPictures(app, {
          name: flags.name ?? basename(resolve(first.directory)),
          source: folders.map((folder) => basename(resolve(folder.directory))).join(' + '),
          ...scan,
          groups,
        });
        if (flags.json === true) printJson({ ...outcome, dataset: withoutReport(outcome.dataset) });
        else printImport(outcome);
      });
    });

  dataset
    .command('list')
    .description('list the registered data sets')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gelql dataset list\n  gelql dataset list --json')
    .action(async (flags: { json?: boolean }) => {
      await withDatabase(getConfig(), async (database) => {
        const rows = await listDatasets(database);
        const ids = rows.map(({ id }) => id);
        const classes = await countClasses(database, ids);
        const groups = await countGroups(database, ids);
        if (flags.json === true) {
          printJson(rows.map((row, index) => ({ ...withoutReport(row), classes: classes[index] })));
          return;
        }
        printResult(
          formatTable(
            ['name', 'pictures', 'groups', 'classes', 'digest'],
            rows.map((row, index) => [
              row.name,
              String(row.pictureCount),
              String(groups[index] ?? 0),
              listNames(
                (classes[index] ?? []).map((entry) => `${entry.name} ${entry.pictureCount}`),
                10,
              ),
              row.digest.slice(0, 12),
            ]),
          ),
        );
      });
    });

  registerFromReviewsCommand(dataset, getConfig);
  registerDuplicatesCommand(dataset, getConfig);
  registerSynthesizeCommand(dataset);
}

/** For JSON, which leaves out what is undefined: the report has a command of its own, and may be long. */
function withoutReport(dataset: DatasetRow) {
  return { ...dataset, duplicateReport: undefined };
}

/** What was named on the command line, in the order in which it is scanned. */
function foldersOf(directory: string | undefined, { train = [], test = [] }: ImportFlags): DatasetFolder[] {
  return [
    ...(directory === undefined ? [] : [{ directory }]),
    ...train.map((folder) => ({ directory: folder, subset: 'TRAIN' as const })),
    ...test.map((folder) => ({ directory: folder, subset: 'TEST' as const })),
  ];
}
