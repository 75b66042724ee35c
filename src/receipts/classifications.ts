import { asc, eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
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

/** What the database adds to an answer. */
const ADDED = {
  id: classifications.id,
  sequence: classifications.sequence,
  previousHash: classifications.previousHash,
  hash: classifications.hash,
  createdAt: classifications.createdAt,
};

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
  const rows = await scope.drizzle.insert(classifications).select(selectFromJson(values)).returning(ADDED);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return values.map((value) => {
    const added = byId.get(value.id);
    if (added === undefined) throw new Error('The database returned no row for what it stored.');
    return { ...value, ...added };
  });
}

/**
 * All rows as one value, so that the statement is the same for any number of them: half of the processor time of a value
 * for each column of each row, and of reading back what was sent.
 */
function selectFromJson(values: readonly Partial<ClassificationRow>[]): SQL {
  const columns = Object.entries(getTableColumns(classifications));
  const rows = values.map((value) =>
    Object.fromEntries(columns.map(([field, { name }]) => [name, value[field as keyof ClassificationRow]])),
  );
  const selected = columns.map(([field, { name }]) =>
    field === 'createdAt' ? sql`now()` : sql.identifier(name),
  );
  // By way of text, because the two drivers take a JSON value differently.
  const json = sql`${JSON.stringify(rows)}::text::jsonb`;
  return sql`select ${sql.join(selected, sql`, `)} from jsonb_populate_recordset(null::${classifications}, ${json})`;
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
