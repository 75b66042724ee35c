import type { Command } from 'commander';
import { promoteModel, removeAlias } from '../../serving/promote-model.js';
import type { Config } from '../../config.js';
import type { Database } from '../../db/client.js';
import { GelqlError } from '../../errors.js';
import { findAlias, listAliases, pageAliasMoves, type AliasMoveRow } from '../../registry/aliases.js';
import { archiveModel, restoreModel } from '../../registry/archive-model.js';
import { ANONYMOUS } from '../../registry/change-note.js';
import { findModelNames, type ModelRow } from '../../registry/models.js';
import { collectPages } from '../collect-pages.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { integerBetween } from '../parse/parse-number.js';
import { parseTime } from '../parse/parse-time.js';
import { withApp } from '../with-app.js';
import { withDatabase } from '../with-database.js';

interface ChangeFlags {
  reason: string;
  actor: string;
  json?: boolean;
}

interface AliasFlags {
  at?: Date;
  history?: boolean;
  limit: number;
  json?: boolean;
}

/** Which model serves: `models promote`, `alias`, `remove-alias`, `archive`, `restore`. */
export function registerAliasCommands(models: Command, getConfig: () => Config): void {
  registerPromote(models, getConfig);
  registerRemoveAlias(models, getConfig);
  registerAlias(models, getConfig);
  registerEvent(
    models,
    getConfig,
    'archive',
    'take a model out of service; it stays registered',
    archiveModel,
  );
  registerEvent(models, getConfig, 'restore', 'put an archived model back into service', restoreModel);
}

function registerPromote(models: Command, getConfig: () => Config): void {
  addChangeOptions(models.command('promote'))
    .argument('<model>', 'id, name or number')
    .argument('<alias>', 'champion, challenger or any other name')
    .option('--expect <model>', 'the model that the alias points at now; absent: none')
    .description('point an alias at a model, once the model has answered its golden pictures')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models promote 3 champion --reason "first release"\n  gelql models promote 4 champion --expect 3 --reason "better on new gels"',
    )
    .action(async (model: string, alias: string, flags: ChangeFlags & { expect?: string }) => {
      const { expect: expectedCurrent = null, json, ...note } = flags;
      await withApp(getConfig(), async (app) => {
        const move = await promoteModel(app, model, { ...note, alias, expectedCurrent });
        await printMoves(app.database, [move], json);
      });
    });
}

function registerRemoveAlias(models: Command, getConfig: () => Config): void {
  addChangeOptions(models.command('remove-alias'))
    .argument('<alias>', 'which one')
    .requiredOption('--expect <model>', 'the model that the alias points at now')
    .description('let an alias point nowhere')
    .addHelpText('after', '\nExamples:\n  gelql models remove-alias challenger --expect 4 --reason "decided"')
    .action(async (alias: string, flags: ChangeFlags & { expect: string }) => {
      const { expect: expectedCurrent, json, ...note } = flags;
      await withApp(getConfig(), async (app) => {
        const move = await removeAlias(app, { ...note, alias, expectedCurrent });
        await printMoves(app.database, [move], json);
      });
    });
}

function registerAlias(models: Command, getConfig: () => Config): void {
  models
    .command('alias')
    .argument('[name]', 'one alias; all where absent')
    .option('--at <time>', 'where it pointed at this moment, ISO 8601', parseTime)
    .option('--history', 'its moves, newest first')
    .option('--limit <number>', 'moves at most', integerBetween(1, 1_000_000), 100)
    .option('--json', 'print JSON')
    .description('show where aliases point, or pointed')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models alias\n  gelql models alias champion --at 2026-01-31T12:00:00Z\n  gelql models alias champion --history',
    )
    .action(async (name: string | undefined, flags: AliasFlags) => {
      await withDatabase(getConfig(), async (database) => {
        await printMoves(database, await readMoves(database, name, flags), flags.json);
      });
    });
}

function registerEvent(
  models: Command,
  getConfig: () => Config,
  name: 'archive' | 'restore',
  description: string,
  change: typeof archiveModel,
): void {
  addChangeOptions(models.command(name))
    .argument('<model>', 'id, name or number')
    .description(description)
    .addHelpText('after', `\nExamples:\n  gelql models ${name} 3 --reason "as the imaging group asked"`)
    .action(async (reference: string, { json, ...note }: ChangeFlags) => {
      const model: ModelRow = await withDatabase(getConfig(), (database) =>
        change(database, reference, note),
      );
      if (json === true) printJson(model);
      else printResult(`${name}d ${model.name}`);
    });
}

async function readMoves(
  database: Database,
  name: string | undefined,
  { at, history, limit }: AliasFlags,
): Promise<AliasMoveRow[]> {
  if (name === undefined) {
    if (at === undefined && history !== true) return listAliases(database);
    throw new GelqlError('BAD_REQUEST', 'Name an alias for --at and --history.');
  }
  if (history === true) {
    if (at !== undefined) throw new GelqlError('BAD_REQUEST', 'Give --at or --history, not both.');
    return collectPages(limit, (page) => pageAliasMoves(database, name, page));
  }
  const move = await findAlias(database, name, at ?? null);
  if (move === null) throw new GelqlError('NOT_FOUND', `The alias "${name}" points at no model.`);
  return [move];
}

function addChangeOptions(command: Command): Command {
  return command
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option('--actor <name>', 'who; kept in the history, checked by nothing', ANONYMOUS)
    .option('--json', 'print JSON');
}

async function printMoves(
  database: Database,
  moves: readonly AliasMoveRow[],
  json: boolean | undefined,
): Promise<void> {
  if (json === true) {
    printJson(moves);
    return;
  }
  const ids = moves.flatMap(({ fromModelId, toModelId }) => [fromModelId, toModelId]);
  const names = await findModelNames(
    database,
    ids.filter((id) => id !== null),
  );
  const nameOf = (id: string | null) => (id === null ? '-' : (names.get(id) ?? id));
  printResult(
    formatTable(
      ['alias', 'move', 'from', 'to', 'at', 'actor', 'reason', 'probe'],
      moves.map((move) => [
        move.alias,
        String(move.sequence),
        nameOf(move.fromModelId),
        nameOf(move.toModelId),
        move.createdAt.toISOString(),
        move.actor,
        move.reason,
        move.probe === null ? '-' : describeProbe(move.probe),
      ]),
    ),
  );
}

function describeProbe({
  kind,
  pictureCount,
  largestDifference,
}: NonNullable<AliasMoveRow['probe']>): string {
  if (largestDifference === null) return kind.toLowerCase();
  return `${kind.toLowerCase()}, ${pictureCount} pictures, differs by ${largestDifference.toExponential(1)}`;
}
