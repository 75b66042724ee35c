import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { classifyGel, type GelRequest } from '../classification/classify-gel.js';
import type { DeviceSelection } from '../words/device-selection.js';
import type { Config } from '../config.js';
import { GelqlError, serializeError } from '../errors.js';
import { ANONYMOUS } from '../registry/change-note.js';
import { requireModel } from '../registry/models.js';
import { classifyOverHttp } from './classify-over-http.js';
import { formatError, formatPercent, formatTable, printJson, printNote, printResult } from './output.js';
import { deviceSelection, onCard } from './parse-device.js';
import { integerBetween } from './parse-number.js';
import { withApp } from './with-app.js';

interface ClassifyFlags {
  model?: string;
  page?: number;
  device?: DeviceSelection;
  url?: string;
  actor?: string;
  reference?: string;
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
    .argument('<file...>', 'pictures: JPEG, PNG, TIFF or WebP')
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
    .option('--json', 'print the answers as JSON')
    .addHelpText(
      'after',
      `
Exits with 1 when a picture could not be classified; the others are answered all the same.

Examples:
  gelql classify scan.tif photo.jpg
  gelql classify *.png --json
  gelql classify stack.tif --page 2 --url http://127.0.0.1:4000`,
    )
    .action(async (files: string[], flags: ClassifyFlags) => {
      const { answers, failures } = await (flags.url === undefined
        ? classifyHere(onCard(getConfig(), flags.device), files, flags)
        : classifyThere(flags.url, files, flags));
      if (flags.json === true) printJson({ answers, failures });
      else printAnswers(answers);
      if (failures.length > 0) process.exitCode = 1;
    });
}

type Answers = { answers: PrintedAnswer[]; failures: { file: string; code: string; message: string }[] };

async function classifyHere(
  config: Config,
  files: readonly string[],
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
    classifyEach(files, async (file) => {
      const [answer] = await classifyGel(
        app,
        { ...request, receivedAt: performance.now() },
        {
          clientReference: flags.reference ?? null,
          idempotencyKey: null,
          read: async () => ({ filename: basename(file), bytes: await readPicture(file) }),
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

async function classifyThere(url: string, files: readonly string[], flags: ClassifyFlags): Promise<Answers> {
  if (flags.device != null && flags.device.card !== null) {
    throw new GelqlError(
      'BAD_REQUEST',
      'A server computes on the card that it was started with (GELQL_DEVICE=gpu:1): ask it for gpu.',
    );
  }
  return classifyEach(files, async (file) => {
    const answer = await classifyOverHttp(url, {
      filename: basename(file),
      bytes: await readPicture(file),
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
  files: readonly string[],
  classify: (file: string) => Promise<PrintedAnswer>,
): Promise<Answers> {
  const result: Answers = { answers: [], failures: [] };
  for (const file of files) {
    try {
      result.answers.push(await classify(file));
    } catch (error) {
      printNote(`${file}: ${formatError(error)}`);
      const { code, message } = serializeError(error);
      result.failures.push({ file, code, message });
    }
  }
  return result;
}

async function readPicture(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError('BAD_REQUEST', `The file cannot be read: ${reason}`, { cause });
  });
}

function printAnswers(answers: readonly PrintedAnswer[]): void {
  if (answers.length === 0) return;
  printResult(
    formatTable(
      ['picture', 'label', 'probability', 'model', 'decision', 'reasons', 'warnings'],
      answers.map(({ file, label, probability, model, decision, reasons, warnings }) => [
        file,
        label,
        formatPercent(probability),
        model,
        decision ?? '',
        reasons.join(' '),
        warnings.join(' '),
      ]),
    ),
  );
}
