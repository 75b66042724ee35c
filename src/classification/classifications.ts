import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { classifications } from '../db/schema.js';

export type ClassificationRow = typeof classifications.$inferSelect;

/** Stores one answer; rows are never changed afterwards. */
export async function insertClassification(
  scope: DatabaseScope,
  answer: Omit<ClassificationRow, 'id' | 'createdAt'>,
): Promise<ClassificationRow> {
  const [row] = await scope.drizzle
    .insert(classifications)
    .values({ id: newId(), ...answer })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}

/** Newest first. */
export async function pageClassifications(
  scope: DatabaseScope,
  page: PageRequest,
): Promise<Page<ClassificationRow>> {
  return pageNewest(scope, classifications, page);
}
