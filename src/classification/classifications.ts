import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { classifications } from '../db/schema.js';

export type ClassificationRow = typeof classifications.$inferSelect;
/** An answer that is not stored yet. */
export type NewClassification = Omit<ClassificationRow, 'id' | 'createdAt'>;

/**
 * Stores answers in one statement: all of them or none. Rows are never changed afterwards.
 * @param answers at least one
 * @returns the rows in the order of the answers
 */
export async function insertClassifications(
  scope: DatabaseScope,
  answers: readonly NewClassification[],
): Promise<ClassificationRow[]> {
  const values = answers.map((answer) => ({ id: newId(), ...answer }));
  const rows = await scope.drizzle.insert(classifications).values(values).returning();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return values.map(({ id }) => {
    const row = byId.get(id);
    if (row === undefined) throw new Error('The database returned no row for what it stored.');
    return row;
  });
}

/** Newest first. */
export async function pageClassifications(
  scope: DatabaseScope,
  page: PageRequest,
): Promise<Page<ClassificationRow>> {
  return pageNewest(scope, classifications, page);
}
