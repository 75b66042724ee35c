import { and, type InferSelectModel, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { DatabaseScope } from './database.js';
import { keysetPage, type Page, type PageRequest } from './keyset.js';

type DatedTable = PgTable & { id: PgColumn; createdAt: PgColumn };

/** A page of a table's rows, newest first. @throws GelqlError BAD_REQUEST as keysetPage does */
export async function pageNewest<T extends DatedTable>(
  scope: DatabaseScope,
  table: T,
  page: PageRequest,
  condition?: SQL,
): Promise<Page<InferSelectModel<T>>> {
  const from: PgTable = table;
  const { rows, ...rest } = await keysetPage<Record<string, unknown>>({
    page,
    order: [{ column: table.createdAt, direction: 'desc' }],
    id: table.id,
    keys: ['createdAt', 'id'],
    select: ({ where, orderBy, limit }) =>
      scope.drizzle
        .select()
        .from(from)
        .where(and(condition, where))
        .orderBy(...orderBy)
        .limit(limit),
  });
  return { ...rest, rows: rows as InferSelectModel<T>[] };
}
