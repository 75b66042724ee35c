import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../../app.js';
import type { Config } from '../../config.js';
import { findResultsOfModels } from '../../registry/results.js';
import { describeTrainingEnd } from '../../reports/describe-training-end.js';
import { appendResultsCsv, checkResultsCsv } from '../../reports/results-csv.js';
import { startTraining } from '../../training/start-training.js';
import { findRun, listEpochs } from '../../runs/training-runs.js';
import { checkOutputs } from './check-outputs.js';
import { describeCalibration, describeResult } from '../describe-result.js';
import { importFolder } from '../datasets/import-folder.js';
import { runInterruptibly } from '../terminal/interruptible.js';
import { noteMissingWorkers } from './note-missing-workers.js';
import { printJson, printNote, printResult } from '../terminal/output.js';
import { createProgress } from '../terminal/progress.js';
import { formatResults } from '../results-table.js';
import { checkHeadFile, saveHead } from './save-head.js';
import { savePlots } from './save-plots.js';
import { onCard } from '../parse/parse-device.js';
import {
  addTrainOptions,
  givenFlags,
  readDevice,
  trainingRequestOf,
  type TrainFlags,
} from './train-flags.js';
import { readSettings } from './setting-options.js';
import { waitForRun } from './wait-for-run.js';
import { withApp } from '../with-app.js';

export function registerTrainCommand(program: Command, getConfig: () => Config): void {
  const command = program
    .command('train')
    .description(
      'train a model, register it, and write its head, its plots and its row of the results table',
    );
  addTrainOptions(command)
    .addHelpText(
      'after',
      `
The same pictures, options and seed give the same head, bit for bit, on the same engine.

Examples:
  gelql train --dataset_dir pictures
  gelql train --dataset_dir pictures --classifier_head multi --opt_alg sgd --num_epochs 40
  gelql train --dataset demo --pretrained_model mobilenet-v3 --augmentation_views 4 --seed 7
  gelql train --dataset_dir pictures --defaults recommended
  gelql train --dataset_dir pictures --folds 5 --repeats 3
  gelql train --dataset_dir pictures --trainable last_stage
  gelql train --dataset_dir pictures --folds 5 --test_fraction 0`,
    )
    .action(async (_flags: TrainFlags, called: Command) => {
      const flags = givenFlags(called);
      checkHeadFile(flags.model_path);
      await checkOutputs({
        files: { '--model_path': flags.model_path, '--results_file': flags.results_file },
        folders: { '--plots_path': flags.plots_path },
      });
      await checkResultsCsv(flags.results_file, {
        trainable: readSettings(flags, ['trainable']).trainable ?? 'HEAD',
      });
      const config = onCard(getConfig(), readDevice(flags.hardware_type));
      await withApp(config, (app) => train(app, flags), { isTraining: config.trainingWorkers > 0 });
    });
}

async function train(app: App, flags: TrainFlags): Promise<void> {
  const dataset = flags.dataset ?? (await importFolder(app, flags.dataset_dir));
  await app.startTrainingWorker();
  const { run, isReused } = await startTraining(app, trainingRequestOf(flags, dataset));
  if (isReused) printNote(`The run ${run.name} does or did the same; --force trains again.`);
  else await noteMissingWorkers(app, [run.configuration], run.name);
  const model = await runInterruptibly((signal) =>
    waitForRun(app, run.id, createProgress(run.name), { signal, isShared: isReused }),
  );
  const [results = []] = await findResultsOfModels(app.database, [model.id]);
  const [result] = results;
  if (result === undefined) throw new Error(`Model ${model.name} has no result.`);

  const epochs = await listEpochs(app.database, [run.id]);
  await mkdir(dirname(flags.results_file), { recursive: true });
  await appendResultsCsv(flags.results_file, { ...result, modelNumber: flags.model_id });
  const written = [
    ...(await saveHead(app.database, model, flags.model_path)),
    ...(await savePlots(flags.plots_path, { run, result, epochs })),
    flags.results_file,
  ];
  if (flags.json === true) printJson({ model, result, results, isReused, written });
  else {
    printResult(formatResults(results));
    for (const one of results) printResult(describeResult(one));
    const end = describeTrainingEnd((await findRun(app.database, run.id)) ?? run);
    if (end !== null) printResult(`kept: ${end}`);
    if (model.calibration !== null) printResult(describeCalibration(model.calibration));
  }
  printNote(`written: ${written.join(', ')}`);
}
