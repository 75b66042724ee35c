import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.js';
import { PACKAGE_DIR, type Config } from '../config.js';
import { scanFolder } from '../datasets/scan-folder.js';
import { findResultsOfModels, type ResultRow } from '../registry/results.js';
import { startTraining, type StartTrainingRequest } from '../training/start-training.js';
import { classifyOverHttp } from './classify-over-http.js';
import { importPictures } from './datasets/import-pictures.js';
import { runInterruptibly, untilAborted } from './terminal/interruptible.js';
import { formatDuration, formatPercent, formatTable, printNote, printResult } from './terminal/output.js';
import { createProgress } from './terminal/progress.js';
import { formatResults } from './results-table.js';
import { addressLines, listen, refuseTakenAddress } from './serve-command.js';
import { waitForRun } from './training/wait-for-run.js';
import { withApp } from './with-app.js';

const DATASET = 'demo';
/** Held-out pictures of each class that are classified over HTTP. */
const SHOWN_PER_CLASS = 3;

const CONFIGURATIONS: readonly Omit<StartTrainingRequest, 'dataset'>[] = [
  { architecture: 'resnet18', head: 'SINGLE', optimizer: 'ADAM' },
  { architecture: 'resnet18', head: 'MULTI', optimizer: 'SGD' },
  { architecture: 'mobilenet_v3_large', head: 'SINGLE', optimizer: 'ADAM' },
  { architecture: 'mobilenet_v3_large', head: 'MULTI', optimizer: 'ADAM' },
];

export function registerDemoCommand(program: Command, getConfig: () => Config): void {
  program
    .command('demo')
    .description('the main job once: load the demo data set, train four models, classify pictures, serve')
    .option('--exit', 'stop after the classifications instead of serving')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql demo\n  gelql demo --exit\n  GELQL_PORT=8080 GELQL_DATA_DIR=try gelql demo',
    )
    .action(async ({ exit = false }: { exit?: boolean }) => {
      const config = getConfig();
      await refuseTakenAddress(config);
      printNote('opening the database ...');
      await withApp(config, (app) => runDemo(app, exit), { isTraining: true });
    });
}

async function runDemo(app: App, isExiting: boolean): Promise<void> {
  await showMachine(app);
  heading('Data set');
  const scan = await scanFolder(join(PACKAGE_DIR, 'dataset'));
  const { dataset, report } = await importPictures(app, { name: DATASET, source: 'dataset', ...scan });
  printResult(
    `${dataset.name}: ${report.pictures} synthetic pictures (${report.perClass.map(({ name, pictureCount }) => `${pictureCount} ${name}`).join(', ')})`,
  );

  heading('Training');
  await app.startTrainingWorker();
  const trained = await runInterruptibly((signal) => trainAll(app, dataset.id, signal));
  printResult(formatResults(trained));

  heading('Best model of all that are registered');
  const { explanation, ties } = await app.bestModels.best();
  printResult(explanation);
  if (ties.length > 0) printResult(`not shown to be worse: ${ties.map((tie) => tie.model.name).join(', ')}`);

  const server = await listen(app);
  try {
    heading('Held-out pictures, classified over HTTP');
    await classifyHeldOut(server.url);
    // Since the process began: making the database is part of the wait.
    printResult(`\nDone in ${formatDuration(performance.now())}.`);
    if (isExiting) return;
    printResult(`\n${addressLines(server.url).join('\n')}`);
    await runInterruptibly(untilAborted);
  } finally {
    await server.close();
  }
}

async function showMachine(app: App): Promise<void> {
  heading('Engines');
  const reports = await app.compute.engines();
  printResult(
    formatTable(
      ['engine', 'device', 'version'],
      reports.map(({ engine, device, version, reason }) => [
        engine,
        device,
        version ?? `absent: ${reason ?? ''}`,
      ]),
    ),
  );
}

/** The configurations one after the other; those that share a backbone share its cached features. */
async function trainAll(app: App, datasetId: string, signal: AbortSignal): Promise<ResultRow[]> {
  const trained: ResultRow[] = [];
  for (const configuration of CONFIGURATIONS) {
    const { run } = await startTraining(app, { dataset: datasetId, ...configuration });
    const model = await waitForRun(app, run.id, createProgress(run.name), { signal });
    const [results = []] = await findResultsOfModels(app.database, [model.id]);
    trained.push(...results);
  }
  return trained;
}

async function classifyHeldOut(url: string): Promise<void> {
  const rows: string[][] = [];
  for (const className of ['gel', 'not_gel']) {
    const directory = join(PACKAGE_DIR, 'dataset', 'test', className);
    for (const filename of (await readdir(directory)).sort().slice(0, SHOWN_PER_CLASS)) {
      const answer = await classifyOverHttp(url, {
        filename,
        bytes: await readFile(join(directory, filename)),
      });
      const { decodeMs, inferMs } = answer.timing;
      rows.push([
        `${className}/${filename}`,
        answer.label,
        formatPercent(answer.probability),
        `${(decodeMs + inferMs).toFixed(0)} ms`,
      ]);
    }
  }
  printResult(formatTable(['picture', 'label', 'probability', 'decode + engine'], rows));
}

function heading(text: string): void {
  printResult(`\n${text}\n${'='.repeat(text.length)}`);
}
