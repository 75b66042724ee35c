import { eq, inArray, type SQL } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { isId, newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { models } from '../db/schema.js';
import { GelqlError } from '../errors.js';

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

/** As findModel. @throws GelqlError NOT_FOUND */
export async function requireModel(scope: DatabaseScope, reference: string): Promise<ModelRow> {
  const row = await findModel(scope, reference);
  if (row === null) throw new GelqlError('NOT_FOUND', `There is no model "${reference}".`);
  return row;
}

function referenceCondition(reference: string): SQL {
  if (isId(reference)) return eq(models.id, reference);
  if (/^\d{1,9}$/.test(reference)) return eq(models.number, Number(reference));
  return eq(models.name, reference);
}

/** Until the transaction ends: excludes whoever else locks the model, not rows that refer to it. */
export async function lockModel(transaction: DatabaseScope, id: string): Promise<void> {
  await transaction.drizzle
    .select({ id: models.id })
    .from(models)
    .where(eq(models.id, id))
    .for('no key update');
}

/** Names by id; one statement. */
export async function findModelNames(
  scope: DatabaseScope,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const rows = await scope.drizzle
    .select({ id: models.id, name: models.name })
    .from(models)
    .where(inArray(models.id, [...ids]));
  return new Map(rows.map(({ id, name }) => [id, name]));
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
