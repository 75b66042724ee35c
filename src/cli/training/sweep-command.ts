import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../../app.js';
import type { Config } from '../../config.js';
import { deserializeError, GelqlError } from '../../errors.js';
import type { ResultRow } from '../../registry/results.js';
import { resultsCsv } from '../../reports/results-csv.js';
import { formatPercent } from '../../reports/charts/describe-proportion.js';
import { decideSweep } from '../../reports/sweep-report/decide-sweep.js';
import { loadSweepReport } from '../../reports/sweep-report/load-sweep-report.js';
import { describeGroup, formatSpread } from '../../reports/sweep-report/seeds-section.js';
import { spreadOverSeeds } from '../../reports/sweep-report/spread-over-seeds.js';
import type { SweepReport } from '../../reports/sweep-report/sweep-report.js';
import { writeSweepReport } from '../../reports/sweep-report/write-sweep-report.js';
import { startSweep, type StartSweepRequest } from '../../sweeps/start-sweep.js';
import { sweepStateOf } from '../../sweeps/sweep-state.js';
import { countParts, listPartRuns, type SweepCounts } from '../../sweeps/sweeps.js';
import { checkOutputs } from './check-outputs.js';
import { describeUntrained } from './describe-sweep.js';
import { importFolder } from '../datasets/import-folder.js';
import { runInterruptibly } from '../terminal/interruptible.js';
import { noteMissingWorkers } from './note-missing-workers.js';
import { printJson, printNote, printResult } from '../terminal/output.js';
import { formatResults } from '../results-table.js';
import { addSweepOptions, sweepRequestOf, type SweepFlags } from './sweep-flags.js';
import { createSweepView } from './sweep-view.js';
import { waitForSweep } from './wait-for-sweep.js';
import { withApp } from '../with-app.js';

export function registerSweepCommand(program: Command, getConfig: () => Config): void {
  const command = program
    .command('sweep')
    .description('train a grid of models and write its results table, its plots and its report');
  addSweepOptions(command)
    .addHelpText(
      'after',
      `
Without lists the grid is the published experiment's: 24 models, numbered as there. Parts that cannot
be run are listed with the reason. Stopped with Ctrl-C, the same command goes on with what is left.

Examples:
  gelql sweep --dataset_dir pictures --hardware_types cpu
  gelql sweep --dataset demo --pretrained_models resnet18 --learning_rates 0.01,0.001 --seeds 1,2,3
  gelql sweep --dataset demo --concurrency 0    # leaves the training to servers and workers`,
    )
    .action(async (flags: SweepFlags) => {
      const config = getConfig();
      await checkOutputs({ folders: { '--output': flags.output } });
      await withApp({ ...config, trainingWorkers: flags.concurrency }, (app) => sweep(app, flags), {
        isTraining: flags.concurrency > 0,
      });
    });
}

async function sweep(app: App, flags: SweepFlags): Promise<void> {
  const dataset = flags.dataset ?? (await importFolder(app, flags.dataset_dir));
  await (flags.concurrency > 0 ? app.startTrainingWorker() : app.queue.watch());
  const id = await runInterruptibly((signal) => trainAll(app, sweepRequestOf(flags, dataset), signal));

  printNote('writing the report ...');
  const report = await loadSweepReport(app, id);
  const written = [
    await writeResults(report, flags.output),
    ...(await writeSweepReport(app, id, flags.output)),
  ];
  const counts = await countOf(app, id);
  if (flags.json === true) printJson({ ...toJson(report), state: sweepStateOf(counts), counts, written });
  else printReport(report);
  printNote(`written: ${flags.output} (${written.length} files: results.csv, report.html, plots)`);
  throwUnlessDone(report);
}

/** @returns id of the sweep, of which nothing is left to do, or which was stopped */
async function trainAll(app: App, request: StartSweepRequest, signal: AbortSignal): Promise<string> {
  const { id, name } = await startSweep(app, request);
  printNote(`${name}: ${describeCounts(await countOf(app, id))}`);
  const parts = await listPartRuns(app.database, id);
  const waiting = parts.filter(({ run }) => run.state === 'QUEUED').map(({ run }) => run.configuration);
  await noteMissingWorkers(app, waiting, name);
  await waitForSweep(app, id, createSweepView(), signal);
  return id;
}

async function countOf({ database }: App, sweepId: string): Promise<SweepCounts> {
  const [counts] = await countParts(database, [sweepId]);
  if (counts === undefined) throw new Error(`The parts of the sweep ${sweepId} were not counted.`);
  return counts;
}

function describeCounts({ total, reused, refused, succeeded }: SweepCounts): string {
  return [
    `${total} parts`,
    ...(reused > 0
      ? [`${reused} with a run that is there already (${succeeded} done); --force trains again`]
      : []),
    ...(refused > 0 ? [`${refused} cannot be run`] : []),
  ].join(', ');
}

/** The published experiment's table of what is done; its model_id is the number of the part. */
async function writeResults(report: SweepReport, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'results.csv');
  await writeFile(file, resultsCsv(numberedResults(report), { percent: true }));
  return file;
}

function numberedResults({ parts }: SweepReport): ResultRow[] {
  return parts.flatMap(({ part, holdout }) =>
    holdout === null ? [] : [{ ...holdout.result, modelNumber: part.number }],
  );
}

function printReport(report: SweepReport): void {
  const results = numberedResults(report);
  if (results.length > 0) printResult(formatResults(results));
  for (const line of describeUntrained(report.parts)) printResult(line);
  for (const group of spreadOverSeeds(report.parts)) {
    const accuracy = formatSpread(group.accuracy, formatPercent);
    printResult(`over ${group.parts.length} seeds, ${describeGroup(group)}: accuracy ${accuracy}`);
  }
  const decision = decideSweep(report.parts);
  if (decision === null) return;
  printResult(`best: part ${decision.winner.part.number}, ${decision.explanation}`);
  const ties = decision.ties.map(({ part, model }) => `${model.name} (part ${part.number})`);
  if (ties.length > 0) printResult(`not shown to be worse: ${ties.join(', ')}`);
}

/** @throws GelqlError CANCELLED, or WORKER_CRASHED and so on: that of the first part that failed */
function throwUnlessDone({ parts }: SweepReport): void {
  const failed = parts.find(({ run }) => run?.state === 'FAILED');
  if (failed?.run?.error != null) throw deserializeError(failed.run.error);
  if (parts.some(({ run }) => run !== null && run.state !== 'SUCCEEDED')) {
    throw new GelqlError(
      'CANCELLED',
      'The sweep was cancelled; what is done is kept, and the same command goes on with the rest.',
    );
  }
  const refused = parts.find(({ part }) => part.refusal !== null)?.part.refusal;
  if (refused != null && parts.every(({ run }) => run === null)) throw deserializeError(refused);
}

function toJson(report: SweepReport) {
  const decision = decideSweep(report.parts);
  return {
    id: report.sweep.id,
    name: report.sweep.name,
    parts: report.parts.map(({ part, run, model, holdout, crossValidation }) => ({
      number: part.number,
      configuration: part.configuration,
      isReused: part.isReused,
      state: run?.state ?? 'REFUSED',
      error: part.refusal ?? run?.error ?? null,
      model: model?.name ?? null,
      result: holdout?.result ?? null,
      crossValidation: crossValidation?.result ?? null,
    })),
    overSeeds: spreadOverSeeds(report.parts).map(({ parts, settings, accuracy, logLoss }) => ({
      parts: parts.map(({ part }) => part.number),
      settings: Object.fromEntries(settings),
      accuracy,
      logLoss,
    })),
    best: decision && {
      part: decision.winner.part.number,
      model: decision.winner.model.name,
      ties: decision.ties.map(({ part }) => part.number),
    },
  };
}
