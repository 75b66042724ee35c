import { asc, eq } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { selectByIds } from '../db/select-by-ids.js';
import { classifications } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import { contentHashOf } from './receipt.js';

export type ClassificationRow = typeof classifications.$inferSelect;
/** An answer that is not stored yet. */
export type NewClassification = Omit<
  ClassificationRow,
  'id' | 'createdAt' | 'sequence' | 'contentHash' | 'previousHash' | 'hash'
>;

/**
 * Stores answers in one statement: all of them or none. The database appends them to the chain of receipts in their order,
 * across all servers. Rows are never changed afterwards.
 * @param answers at least one
 * @returns the rows in the order of the answers
 */
export async function insertClassifications(
  scope: DatabaseScope,
  answers: readonly NewClassification[],
): Promise<ClassificationRow[]> {
  const values = answers.map((answer) => {
    const content = { id: newId(), ...answer };
    return { ...content, contentHash: contentHashOf(content) };
  });
  const rows = await scope.drizzle.insert(classifications).values(values).returning();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return values.map(({ id }) => {
    const row = byId.get(id);
    if (row === undefined) throw new Error('The database returned no row for what it stored.');
    return row;
  });
}

/** Newest first; all of them, or those with a reference of the caller's. */
export async function pageClassifications(
  scope: DatabaseScope,
  page: PageRequest,
  clientReference: string | null = null,
): Promise<Page<ClassificationRow>> {
  const condition =
    clientReference === null ? undefined : eq(classifications.clientReference, clientReference);
  return pageNewest(scope, classifications, page, condition);
}

/** The answers to the request that carried the key, in the order of its models; empty where there was none. */
export async function findClassificationsByKey(
  scope: DatabaseScope,
  idempotencyKey: string,
): Promise<ClassificationRow[]> {
  return scope.drizzle
    .select()
    .from(classifications)
    .where(eq(classifications.idempotencyKey, idempotencyKey))
    .orderBy(asc(classifications.requestPosition));
}

/** @throws GelqlError NOT_FOUND */
export async function requireClassification(scope: DatabaseScope, id: string): Promise<ClassificationRow> {
  const [row] = await selectByIds(scope, classifications, [id]);
  if (row === undefined || row instanceof GelqlError)
    throw new GelqlError('NOT_FOUND', `There is no classification "${id}".`);
  return row;
}
