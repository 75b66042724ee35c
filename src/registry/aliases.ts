import { and, asc, desc, eq, inArray, isNotNull, lte } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { keysetPage, type Page, type PageRequest } from '../db/keyset.js';
import { aliases, aliasMoves } from '../db/schema.js';
import { GelqlError } from '../errors.js';

export type AliasMoveRow = typeof aliasMoves.$inferSelect;

/** A move after which its alias points at a model. */
export type AliasRow = AliasMoveRow & { toModelId: string };

/** The model under this alias answers where no model is named. */
export const CHAMPION = 'champion';
/** The model under this alias is scored in the shadow of the one that answers. */
export const CHALLENGER = 'challenger';

const ALIAS_NAME = /^[a-z][a-z0-9_-]{0,62}$/;

/** @throws GelqlError BAD_REQUEST */
export function checkAliasName(name: string): void {
  if (ALIAS_NAME.test(name)) return;
  throw new GelqlError(
    'BAD_REQUEST',
    `"${name}" cannot be an alias: small letters, digits, - and _, at most 63, a letter first.`,
  );
}

/**
 * Where an alias pointed at a moment; null where it pointed nowhere.
 * @param at null for now
 */
export async function findAlias(
  scope: DatabaseScope,
  name: string,
  at: Date | null = null,
): Promise<AliasRow | null> {
  const [move] = await scope.drizzle
    .select()
    .from(aliasMoves)
    .where(and(eq(aliasMoves.alias, name), at === null ? undefined : lte(aliasMoves.createdAt, at)))
    .orderBy(desc(aliasMoves.sequence))
    .limit(1);
  return move !== undefined && isPointing(move) ? move : null;
}

/** Every alias that points at a model, by name. */
export async function listAliases(scope: DatabaseScope): Promise<AliasRow[]> {
  const rows = await scope.drizzle
    .select({ move: aliasMoves })
    .from(aliases)
    .innerJoin(aliasMoves, and(eq(aliasMoves.alias, aliases.name), eq(aliasMoves.sequence, aliases.sequence)))
    .orderBy(asc(aliases.name));
  return rows.map(({ move }) => move).filter(isPointing);
}

/** What serving needs: the id of the model under each alias. */
export async function readAliasTargets(scope: DatabaseScope): Promise<Map<string, string>> {
  const rows = await scope.drizzle
    .select({ name: aliases.name, modelId: aliases.modelId })
    .from(aliases)
    .where(isNotNull(aliases.modelId));
  return new Map(rows.map(({ name, modelId }) => [name, modelId ?? '']));
}

/** Names of the aliases that point at each model, sorted; one statement. */
export async function findAliasesOfModels(
  scope: DatabaseScope,
  modelIds: readonly string[],
): Promise<string[][]> {
  const rows = await scope.drizzle
    .select({ name: aliases.name, modelId: aliases.modelId })
    .from(aliases)
    .where(inArray(aliases.modelId, [...modelIds]))
    .orderBy(asc(aliases.name));
  return modelIds.map((id) => rows.filter(({ modelId }) => modelId === id).map(({ name }) => name));
}

/** The moves of one alias, newest first. */
export async function pageAliasMoves(
  scope: DatabaseScope,
  name: string,
  page: PageRequest,
): Promise<Page<AliasMoveRow>> {
  return keysetPage<AliasMoveRow>({
    page,
    order: [{ column: aliasMoves.sequence, direction: 'desc' }],
    id: aliasMoves.id,
    keys: ['sequence', 'id'],
    select: ({ where, orderBy, limit }) =>
      scope.drizzle
        .select()
        .from(aliasMoves)
        .where(and(eq(aliasMoves.alias, name), where))
        .orderBy(...orderBy)
        .limit(limit),
  });
}

function isPointing(move: AliasMoveRow): move is AliasRow {
  return move.toModelId !== null;
}
