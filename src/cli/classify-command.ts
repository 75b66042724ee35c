import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { classifyGel, type GelRequest } from '../classification/classify-gel.js';
import type { DeviceSelection } from '../words/device-selection.js';
import type { Config } from '../config.js';
import { GelqlError, serializeError } from '../errors.js';
import { ANONYMOUS } from '../registry/change-note.js';
import { requireModel } from '../registry/models.js';
import { classifyOverHttp } from './classify-over-http.js';
import { listPictures, type ListedPicture } from './list-pictures.js';
import {
  formatError,
  formatPercent,
  formatTable,
  printJson,
  printNote,
  printResult,
} from './terminal/output.js';
import { deviceSelection, onCard } from './parse/parse-device.js';
import { integerBetween } from './parse/parse-number.js';
import { withApp } from './with-app.js';

interface ClassifyFlags {
  model?: string;
  page?: number;
  device?: DeviceSelection;
  url?: string;
  actor?: string;
  reference?: string;
  csv?: boolean;
  json?: boolean;
}

/** One picture's answer as the command prints it. */
export interface PrintedAnswer {
  /** What `gelql receipts replay` and `correct` take. */
  id: string;
  file: string;
  label: string;
  probability: number;
  model: string;
  /** As the classification says. */
  decision: string | null;
  reasons: string[];
  warnings: string[];
}

export function registerClassifyCommand(program: Command, getConfig: () => Config): void {
  program
    .command('classify')
    .argument('<file...>', 'pictures, and folders of pictures: JPEG, PNG, TIFF or WebP')
    .description('classify pictures with the champion, or the best registered model where there is none')
    .option('--model <name>', 'id, name or number of a model instead')
    .option('--page <number>', 'page of a multi-page TIFF, from 0', integerBetween(0, 1_000_000))
    .option(
      '--device <device>',
      'cpu, gpu, one card such as gpu:1, or auto (default: GELQL_DEVICE)',
      deviceSelection({ offersAuto: true }),
    )
    .option('--url <address>', 'ask a running server instead, for example http://127.0.0.1:4000')
    .option('--actor <name>', 'who asks, as the record will say')
    .option('--reference <text>', 'stored with the answers, to find them by')
    .addOption(new Option('--csv', 'print the answers as CSV').conflicts('json'))
    .option('--json', 'print the answers as JSON')
    .addHelpText(
      'after',
      `
Exits with 1 when a picture could not be classified; the others are answered all the same.

Examples:
  gelql classify scan.tif photo.jpg
  gelql classify *.png --json
  gelql classify scans --csv > answers.csv
  gelql classify stack.tif --page 2 --url http://127.0.0.1:4000`,
    )
    .action(async (files: string[], flags: ClassifyFlags) => {
      const pictures = await listPictures(files);
      const { answers, failures } = await (flags.url === undefined
        ? classifyHere(onCard(getConfig(), flags.device), pictures, flags)
        : classifyThere(flags.url, pictures, flags));
      if (flags.json === true) printJson({ answers, failures });
      else if (flags.csv === true) process.stdout.write(stringify(tabulate(answers, String)));
      else printAnswers(answers);
      if (failures.length > 0) process.exitCode = 1;
    });
}

type Answers = { answers: PrintedAnswer[]; failures: { file: string; code: string; message: string }[] };

async function classifyHere(
  config: Config,
  pictures: readonly ListedPicture[],
  flags: ClassifyFlags,
): Promise<Answers> {
  const request: Omit<GelRequest, 'receivedAt'> = {
    choice: { references: flags.model === undefined ? [] : [flags.model], alias: null },
    page: flags.page ?? null,
    explain: false,
    device: flags.device?.device ?? null,
    priority: 'INTERACTIVE',
    timeoutMs: config.maxTimeoutMs,
    actor: flags.actor ?? ANONYMOUS,
    requestId: null,
  };
  return withApp(config, (app) =>
    classifyEach(pictures, async (picture) => {
      const { file } = picture;
      const [answer] = await classifyGel(
        app,
        { ...request, receivedAt: performance.now() },
        {
          clientReference: flags.reference ?? null,
          idempotencyKey: null,
          read: async () => ({ filename: basename(file), bytes: await readPicture(picture) }),
        },
      );
      if (answer === undefined) throw new Error('No model answered.');
      const { row } = answer;
      const model = await requireModel(app.database, row.modelId);
      return {
        id: row.id,
        file,
        label: row.label,
        probability: row.probability,
        model: model.name,
        decision: row.decision,
        reasons: row.decisionReasons,
        warnings: row.warnings,
      };
    }),
  );
}

async function classifyThere(
  url: string,
  pictures: readonly ListedPicture[],
  flags: ClassifyFlags,
): Promise<Answers> {
  if (flags.device != null && flags.device.card !== null) {
    throw new GelqlError(
      'BAD_REQUEST',
      'A server computes on the card that it was started with (GELQL_DEVICE=gpu:1): ask it for gpu.',
    );
  }
  return classifyEach(pictures, async (picture) => {
    const { file } = picture;
    const answer = await classifyOverHttp(url, {
      filename: basename(file),
      bytes: await readPicture(picture),
      model: flags.model,
      page: flags.page,
      device: flags.device?.device,
      actor: flags.actor,
      reference: flags.reference,
    });
    return {
      id: answer.id,
      file,
      label: answer.label,
      probability: answer.probability,
      model: answer.model.name,
      decision: answer.decision,
      reasons: answer.decisionReasons,
      warnings: answer.warnings.map(({ code }) => code),
    };
  });
}

async function classifyEach(
  pictures: readonly ListedPicture[],
  classify: (picture: ListedPicture) => Promise<PrintedAnswer>,
): Promise<Answers> {
  const result: Answers = { answers: [], failures: [] };
  for (const picture of pictures) {
    const { file } = picture;
    try {
      result.answers.push(await classify(picture));
    } catch (error) {
      printNote(`${file}: ${formatError(error)}`);
      const { code, message } = serializeError(error);
      result.failures.push({ file, code, message });
    }
  }
  return result;
}

async function readPicture({ path, file }: ListedPicture): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    if (reason === 'ENOENT') throw new GelqlError('NOT_FOUND', `There is no file ${file}.`, { cause });
    throw new GelqlError('BAD_REQUEST', `${file} cannot be read (${reason}).`, { cause });
  });
}

function printAnswers(answers: readonly PrintedAnswer[]): void {
  if (answers.length === 0) return;
  const [header = [], ...rows] = tabulate(answers, formatPercent);
  printResult(formatTable(header, rows));
}

function tabulate(
  answers: readonly PrintedAnswer[],
  formatProbability: (probability: number) => string,
): string[][] {
  return [
    ['picture', 'label', 'probability', 'model', 'decision', 'reasons', 'warnings', 'id'],
    ...answers.map(({ file, label, probability, model, decision, reasons, warnings, id }) => [
      file,
      label,
      formatProbability(probability),
      model,
      decision ?? '',
      reasons.join(' '),
      warnings.join(' '),
      id,
    ]),
  ];
}
