import { eq, inArray, type SQL } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { isId, newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { models } from '../db/schema.js';

export type ModelRow = typeof models.$inferSelect;

export async function insertModel(
  scope: DatabaseScope,
  model: Omit<ModelRow, 'id' | 'number' | 'createdAt'>,
): Promise<ModelRow> {
  const [row] = await scope.drizzle
    .insert(models)
    .values({ id: newId(), ...model })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}

/** @param reference id, number or name; a name that reads as an id or a number is not found, registration refuses it */
export async function findModel(scope: DatabaseScope, reference: string): Promise<ModelRow | null> {
  const [row] = await scope.drizzle.select().from(models).where(referenceCondition(reference));
  return row ?? null;
}

function referenceCondition(reference: string): SQL {
  if (isId(reference)) return eq(models.id, reference);
  if (/^\d{1,9}$/.test(reference)) return eq(models.number, Number(reference));
  return eq(models.name, reference);
}

/** The model of each run, null for a run that made none (yet); one statement. */
export async function findModelsOfRuns(
  scope: DatabaseScope,
  runIds: readonly string[],
): Promise<(ModelRow | null)[]> {
  const rows = await scope.drizzle
    .select()
    .from(models)
    .where(inArray(models.runId, [...runIds]));
  return runIds.map((id) => rows.find(({ runId }) => runId === id) ?? null);
}

/** Newest first. */
export async function pageModels(scope: DatabaseScope, page: PageRequest): Promise<Page<ModelRow>> {
  return pageNewest(scope, models, page);
}
