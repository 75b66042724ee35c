import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rm, writeFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { Device } from '../words/device.js';
import { GelqlError } from '../errors.js';
import type { Evaluation } from '../words/evaluation.js';
import type { ResultKind } from '../words/model.js';
import { type Architecture, type HeadKind, REFERENCE_NAMES } from '../words/architecture.js';
import type { OptimizerKind, Trainable } from '../words/training-settings.js';

/** The published experiment's results table: its columns, in its order. */
export const PUBLISHED_COLUMNS = [
  'model_id',
  'hardware_type',
  'pretrained_model',
  'classifier_head',
  'opt_alg',
  'training_time_mins',
  'inference_time_secs',
  'accuracy',
  'precision',
  'recall',
  'conf_mat',
  'roc_auc',
] as const;

/** What tells rows of the same five words apart, `trainable` as `gelql train --trainable` spells it. */
const OWN_COLUMNS = {
  trainable: ({ trainable }) => trainable.toLowerCase(),
  name: ({ modelName }) => modelName,
  dataset: ({ datasetName }) => datasetName,
  tested_by: ({ kind }) => kind.toLowerCase(),
  test_count: ({ testCount }) => String(testCount),
  seed: ({ seed }) => String(seed),
  num_epochs: ({ epochs }) => String(epochs),
  learning_rate: ({ learningRate }) => shorten(learningRate),
  batch_size: ({ batchSize }) => String(batchSize),
} satisfies Record<string, (result: TabulatedResult) => string>;

/** Those of every table that is written here. */
export const RESULTS_CSV_COLUMNS = [...PUBLISHED_COLUMNS, ...Object.keys(OWN_COLUMNS)];

/** A cell of a spreadsheet holds 32,767 characters; a matrix of more classes does not fit. */
const MAX_MATRIX_CLASSES = 100;

/** A row of the results table in the database has all of this. */
export interface TabulatedResult {
  modelNumber: number;
  hardwareType: Device;
  pretrainedModel: Architecture;
  classifierHead: HeadKind;
  optAlg: OptimizerKind;
  trainable: Trainable;
  trainingTimeMins: number;
  inferenceTimeSecs: number;
  /** Shares 0..1; precision and recall weighted by class support. */
  accuracy: number;
  precision: number;
  recall: number;
  rocAuc: number | null;
  evaluation: Pick<Evaluation, 'confusion'>;
  modelName: string;
  datasetName: string;
  kind: ResultKind;
  testCount: number;
  seed: number;
  epochs: number;
  learningRate: number;
  batchSize: number;
}

/** `percent: true` writes shares as the published file does, 95.45; `false` writes 0.9545454545454546. */
export interface ResultsCsvOptions {
  percent: boolean;
}

/**
 * The values of RESULTS_CSV_COLUMNS as the published experiment spells them: cpu, mobilenet-v3, single,
 * `[[11, 0], [1, 10]]`. The matrix of more than 100 classes is left out.
 */
export function resultsCsvRow(result: TabulatedResult, { percent }: ResultsCsvOptions): string[] {
  const share = (value: number) => (percent ? (100 * value).toFixed(2) : String(value));
  return [
    String(result.modelNumber),
    result.hardwareType.toLowerCase(),
    REFERENCE_NAMES[result.pretrainedModel],
    result.classifierHead.toLowerCase(),
    result.optAlg.toLowerCase(),
    shorten(result.trainingTimeMins),
    shorten(result.inferenceTimeSecs),
    share(result.accuracy),
    share(result.precision),
    share(result.recall),
    spellMatrix(result.evaluation.confusion),
    result.rocAuc === null ? '' : share(result.rocAuc),
    ...Object.values(OWN_COLUMNS).map((valueOf) => valueOf(result)),
  ];
}

function spellMatrix(confusion: readonly (readonly number[])[]): string {
  if (confusion.length > MAX_MATRIX_CLASSES) return '';
  return `[${confusion.map((row) => `[${row.join(', ')}]`).join(', ')}]`;
}

/** The whole table with its header. */
export function resultsCsv(results: readonly TabulatedResult[], options: ResultsCsvOptions): string {
  return stringify([RESULTS_CSV_COLUMNS, ...results.map((result) => resultsCsvRow(result, options))]);
}

/**
 * Adds one row, shares in percent unless said otherwise; creates the file with its header where there is none. A file that
 * has the published columns, and perhaps the first of the others, keeps what it has. Several processes may append at once: the header appears with the file in one
 * step, and a row is one write at the file's end.
 * @throws GelqlError CONFLICT where the file has other columns, or none for what the result says; it is left as it is
 */
export async function appendResultsCsv(
  file: string,
  result: TabulatedResult,
  options: ResultsCsvOptions = { percent: true },
): Promise<void> {
  await createWithHeader(file);
  const handle = await open(file, 'a+');
  try {
    const { size } = await handle.stat();
    const { columnCount, lineBreak } = await readHeader(file, handle, result);
    const lastByte = Buffer.alloc(1);
    await handle.read(lastByte, 0, 1, size - 1);
    const separator = lastByte.toString() === '\n' ? '' : lineBreak;
    const values = resultsCsvRow(result, options).slice(0, columnCount);
    const line = Buffer.from(separator + stringify([values], { record_delimiter: lineBreak }));
    const { bytesWritten } = await handle.write(line);
    if (bytesWritten < line.length) throw new Error(`${file} took only a part of the row: is the disk full?`);
  } finally {
    await handle.close();
  }
}

/**
 * Called before any work is done: whether a row of such a result could be appended.
 * @throws GelqlError CONFLICT as `appendResultsCsv`
 */
export async function checkResultsCsv(
  file: string,
  result: Pick<TabulatedResult, 'trainable'>,
): Promise<void> {
  const handle = await open(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return;
  try {
    await readHeader(file, handle, result);
  } finally {
    await handle.close();
  }
}

/** A file under another name is linked into place, which fails where one exists: nobody sees a file without header. */
async function createWithHeader(file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  await writeFile(draft, stringify([RESULTS_CSV_COLUMNS]));
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
}

/** How many columns a row has and how lines end, once the header is known to be the right one. */
async function readHeader(
  file: string,
  handle: FileHandle,
  { trainable }: Pick<TabulatedResult, 'trainable'>,
): Promise<{ columnCount: number; lineBreak: string }> {
  const start = Buffer.alloc(4096);
  const { bytesRead } = await handle.read(start, 0, start.length, 0);
  const [line = '', lineBreak = '\n'] = start.toString('utf8', 0, bytesRead).split(/(\r?\n)/, 2);
  const [columns = []]: string[][] = parse(line, { bom: true, relax_quotes: true });
  const isOurs = columns.join() === RESULTS_CSV_COLUMNS.slice(0, columns.length).join();
  if (!isOurs || columns.length < PUBLISHED_COLUMNS.length) {
    throw new GelqlError(
      'CONFLICT',
      `${file} is another table: its first line is not ${RESULTS_CSV_COLUMNS.join()}`,
      { facts: { columns } },
    );
  }
  if (!columns.includes('trainable') && trainable !== 'HEAD') {
    throw new GelqlError(
      'CONFLICT',
      `${file} has no column trainable, so no row could say that ${trainable} was trained; a new file gets one`,
      { facts: { columns } },
    );
  }
  return { columnCount: columns.length, lineBreak };
}

/** Six significant digits, without an exponent and without zeros at the end. */
function shorten(value: number): string {
  const digits = Math.min(20, Math.max(0, 5 - Math.floor(Math.log10(Math.abs(value) || 1))));
  return String(Number(value.toFixed(digits)));
}
