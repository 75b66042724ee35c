import { InvalidArgumentError, type Command } from 'commander';
import { withPermit } from '../serving/admission.js';
import { replayClassification, type Replay } from '../classification/replay-classification.js';
import { correctClassification } from '../receipts/reviews.js';
import { verifyReceipts, type ReceiptMark, type ReceiptReport } from '../receipts/verify-receipts.js';
import type { Config } from '../config.js';
import { decodeReference } from '../graphql/references.js';
import { ANONYMOUS } from '../registry/change-note.js';
import { formatPercent, printJson, printResult } from './terminal/output.js';
import { withApp } from './with-app.js';
import { withDatabase } from './with-database.js';

interface VerifyFlags {
  mark?: ReceiptMark;
  json?: boolean;
}

interface CorrectFlags {
  reason: string;
  actor: string;
  json?: boolean;
}

export function registerReceiptsCommand(program: Command, getConfig: () => Config): void {
  const receipts = program.command('receipts').description('verify, replay and correct stored answers');
  receipts
    .command('verify')
    .description('recompute the hash chain over all stored answers and name the first broken record')
    .option('--mark <sequence:hash>', 'also check that this earlier end of the chain is in it', parseMark)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exits with 1 when a record was altered, removed or inserted. Keep the printed mark outside the
database: a chain that was rewritten as a whole agrees with itself, but not with an earlier mark.

Examples:
  gelql receipts verify
  gelql receipts verify --mark 1200:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9`,
    )
    .action(async ({ mark, json }: VerifyFlags) => {
      const report = await withDatabase(getConfig(), (database) => verifyReceipts(database, mark));
      if (json === true) printJson(report);
      else printResult(describeReport(report));
      if (report.problem !== null) process.exitCode = 1;
    });
  registerReplay(receipts, getConfig);
  registerCorrect(receipts, getConfig);
}

function registerReplay(receipts: Command, getConfig: () => Config): void {
  receipts
    .command('replay')
    .argument('<classification>', 'id of a stored answer')
    .description('answer once more with the model of that time, and compare')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exits with 1 when the answer is another one. Needs the bytes of the picture: GELQL_KEEP_PICTURES=true
when it was classified, or a data set that holds it.

Examples:
  gelql receipts replay 0199c3a5-7d52-7b10-9f6e-0f8a4f1f7a11`,
    )
    .action(async (id: string, { json }: { json?: boolean }) => {
      const config = getConfig();
      const replay = await withApp(config, (app) => {
        const permit = app.admission.admit({ priority: 'INTERACTIVE', timeoutMs: config.maxTimeoutMs });
        return withPermit(permit, () =>
          replayClassification(app, permit, decodeReference('Classification', id)),
        );
      });
      if (json === true) printJson(replay);
      else printResult(describeReplay(replay));
      if (!replay.isSame) process.exitCode = 1;
    });
}

function registerCorrect(receipts: Command, getConfig: () => Config): void {
  receipts
    .command('correct')
    .argument('<classification>', 'id of a stored answer')
    .argument('<label>', 'what the picture is: a class of the model that answered')
    .requiredOption('--reason <text>', 'why')
    .option('--actor <name>', 'who says so, as the record will say', ANONYMOUS)
    .description('append a review to a stored answer, which itself stays as it is')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
\`gelql dataset from-reviews\` makes a data set of the reviewed pictures.

Examples:
  gelql receipts correct 0199c3a5-7d52-7b10-9f6e-0f8a4f1f7a11 gel --reason "lanes are visible" --actor "M. Curie"`,
    )
    .action(async (id: string, label: string, flags: CorrectFlags) => {
      const { json, ...note } = flags;
      const classificationId = decodeReference('Classification', id);
      const review = await withDatabase(getConfig(), (database) =>
        correctClassification(database, { classificationId, label, requestId: null, ...note }),
      );
      if (json === true) printJson(review);
      else printResult(`${id} is ${label}, says ${review.actor}; record ${review.sequence}`);
    });
}

function describeReplay({ row, isSame, label, probability, largestDifference, engine }: Replay): string {
  const then = `${row.label} ${formatPercent(row.probability)} (${row.timing.engine})`;
  const now = `${label} ${formatPercent(probability)} (${engine})`;
  return `${isSame ? 'the same' : 'another answer'}: then ${then}, now ${now}, largest difference ${largestDifference.toExponential(1)}`;
}

function parseMark(text: string): ReceiptMark {
  const [, sequence, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined)
    throw new InvalidArgumentError('A mark is a sequence, a colon and a hash of 64 hexadecimal digits.');
  return { sequence: Number(sequence), hash };
}

function describeReport({ problem, intactCount, head }: ReceiptReport): string {
  if (problem !== null) return `${problem.kind}: ${problem.message} ${intactCount} before it are intact.`;
  return `${intactCount} records are as they were stored. Mark: ${head.sequence}:${head.hash}`;
}
