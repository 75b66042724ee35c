import { inArray, type InferSelectModel } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { GelqlError } from '../errors.js';
import type { DatabaseScope } from './database.js';
import { isId } from './new-id.js';

/**
 * Rows by id in the order of `ids`, NOT_FOUND in the place of those that are not there or are no ids; one statement
 * however many ids. The shape that data loaders ask for.
 */
export async function selectByIds<T extends PgTable & { id: PgColumn }>(
  scope: DatabaseScope,
  table: T,
  ids: readonly string[],
): Promise<(InferSelectModel<T> | GelqlError)[]> {
  const source: PgTable = table;
  const rows = await scope.drizzle
    .select()
    .from(source)
    .where(inArray(table.id, ids.filter(isId)));
  const byId = new Map(rows.map((row) => [(row as { id: string }).id, row as InferSelectModel<T>]));
  return ids.map((id) => byId.get(id.toLowerCase()) ?? new GelqlError('NOT_FOUND', `There is no row ${id}.`));
}
