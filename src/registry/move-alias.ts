import { desc, eq, sql } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { newId } from '../db/new-id.js';
import { aliases, aliasMoves, models } from '../db/schema.js';
import type { ModelProbe } from '../words/model.js';
import { GelqlError } from '../errors.js';
import { checkAliasName, type AliasMoveRow } from './aliases.js';
import { refuseArchived } from './archived-models.js';
import { checkChangeNote, type ChangeNote } from './change-note.js';
import { REGISTRY_CHANNEL } from './registry-channel.js';

export interface AliasMove extends ChangeNote {
  alias: string;
  /** Where the caller believes that the alias points now; null: nowhere. */
  expectedModelId: string | null;
  /** Null removes the alias. */
  toModelId: string | null;
  probe: ModelProbe | null;
}

/**
 * Moves an alias if it points where the caller believes, appends the move to its history and announces it; all of it or
 * nothing. Of callers that expect the same, exactly one succeeds.
 * @throws GelqlError CONFLICT with where it points (facts.current), MODEL_ARCHIVED, BAD_REQUEST
 */
export async function moveAlias(scope: DatabaseScope, move: AliasMove): Promise<AliasMoveRow> {
  checkAliasName(move.alias);
  checkChangeNote(move);
  return scope.transaction(async (transaction) => {
    const { sequence } = await lockExpected(transaction, move);
    if (move.toModelId !== null) await keepServable(transaction, move.toModelId);
    await transaction.drizzle
      .update(aliases)
      .set({ modelId: move.toModelId, sequence: sequence + 1 })
      .where(eq(aliases.name, move.alias));
    const row = await appendMove(transaction, move, sequence + 1);
    await transaction.notify(REGISTRY_CHANNEL, move.alias);
    return row;
  });
}

/** @throws GelqlError CONFLICT as moveAlias does; for an early answer before costly work */
export async function checkExpected(
  scope: DatabaseScope,
  { alias, expectedModelId }: Pick<AliasMove, 'alias' | 'expectedModelId'>,
): Promise<void> {
  const [row] = await scope.drizzle
    .select({ modelId: aliases.modelId, modelName: models.name, sequence: aliases.sequence })
    .from(aliases)
    .leftJoin(models, eq(aliases.modelId, models.id))
    .where(eq(aliases.name, alias));
  const modelId = row?.modelId ?? null;
  if (modelId === expectedModelId) return;
  throw new GelqlError(
    'CONFLICT',
    modelId === null
      ? `The alias ${alias} points nowhere, not at the model that was expected. Read it again before moving it.`
      : `The alias ${alias} points at ${row?.modelName ?? modelId}, which is not what was expected. Read it again before moving it.`,
    {
      facts: {
        alias,
        expected: expectedModelId,
        current: modelId,
        currentName: row?.modelName ?? null,
        sequence: row?.sequence ?? 0,
      },
    },
  );
}

/** The alias's row, made where absent, locked until the transaction ends. */
async function lockExpected(
  transaction: DatabaseScope,
  move: AliasMove,
): Promise<typeof aliases.$inferSelect> {
  await transaction.drizzle
    .insert(aliases)
    .values({ name: move.alias, modelId: null, sequence: 0 })
    .onConflictDoNothing();
  const [row] = await transaction.drizzle
    .select()
    .from(aliases)
    .where(eq(aliases.name, move.alias))
    .for('update');
  if (row === undefined) throw new Error(`The alias ${move.alias} has no row.`);
  await checkExpected(transaction, move);
  return row;
}

/** Archiving takes a lock that this one excludes: whichever comes second sees the other. */
async function keepServable(transaction: DatabaseScope, modelId: string): Promise<void> {
  const [model] = await transaction.drizzle
    .select({ id: models.id, name: models.name })
    .from(models)
    .where(eq(models.id, modelId))
    .for('share');
  if (model === undefined) throw new GelqlError('NOT_FOUND', `There is no model ${modelId}.`);
  await refuseArchived(transaction, model);
}

/** Its time is that of the statement, not of the transaction's start, and never before the move before it. */
async function appendMove(
  transaction: DatabaseScope,
  move: AliasMove,
  sequence: number,
): Promise<AliasMoveRow> {
  const [previous] = await transaction.drizzle
    .select({ createdAt: aliasMoves.createdAt })
    .from(aliasMoves)
    .where(eq(aliasMoves.alias, move.alias))
    .orderBy(desc(aliasMoves.sequence))
    .limit(1);
  const earliest = previous?.createdAt.toISOString() ?? '-infinity';
  const [row] = await transaction.drizzle
    .insert(aliasMoves)
    .values({
      id: newId(),
      alias: move.alias,
      sequence,
      fromModelId: move.expectedModelId,
      toModelId: move.toModelId,
      reason: move.reason,
      actor: move.actor,
      probe: move.probe,
      createdAt: sql`greatest(date_trunc('milliseconds', clock_timestamp()), ${earliest}::timestamptz)`,
    })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}
