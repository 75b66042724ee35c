import { and, desc, eq, inArray, not, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { DatabaseScope } from '../db/client.js';
import { modelEvents, models } from '../db/schema.js';
import { GelqlError } from '../errors.js';

export type ModelEventRow = typeof modelEvents.$inferSelect;

/**
 * Condition that the model of an id may serve: its newest event, if there is one, is no archiving.
 * @param id a column that holds ids of models
 */
export function isServable(id: PgColumn): SQL {
  return sql`not exists (
    select 1 from ${modelEvents} archiving where archiving.model_id = ${id} and archiving.kind = 'ARCHIVED'
      and archiving.sequence = (select max(newest.sequence) from ${modelEvents} newest where newest.model_id = ${id}))`;
}

/** Whether each model is archived; one statement. */
export async function areArchived(scope: DatabaseScope, modelIds: readonly string[]): Promise<boolean[]> {
  const rows = await scope.drizzle
    .select({ id: models.id })
    .from(models)
    .where(and(inArray(models.id, [...modelIds]), isServable(models.id)));
  const servable = new Set(rows.map(({ id }) => id));
  return modelIds.map((id) => !servable.has(id));
}

/** Ids of all archived models. */
export async function readArchivedIds(scope: DatabaseScope): Promise<string[]> {
  const rows = await scope.drizzle
    .select({ id: models.id })
    .from(models)
    .where(not(isServable(models.id)));
  return rows.map(({ id }) => id);
}

/** Events of each model, newest first; one statement. */
export async function findEventsOfModels(
  scope: DatabaseScope,
  modelIds: readonly string[],
): Promise<ModelEventRow[][]> {
  const rows = await scope.drizzle
    .select()
    .from(modelEvents)
    .where(inArray(modelEvents.modelId, [...modelIds]))
    .orderBy(desc(modelEvents.sequence));
  return modelIds.map((id) => rows.filter(({ modelId }) => modelId === id));
}

/** The newest event of a model; null where there is none. */
export async function findNewestEvent(scope: DatabaseScope, modelId: string): Promise<ModelEventRow | null> {
  const [row] = await scope.drizzle
    .select()
    .from(modelEvents)
    .where(eq(modelEvents.modelId, modelId))
    .orderBy(desc(modelEvents.sequence))
    .limit(1);
  return row ?? null;
}

/** @throws GelqlError MODEL_ARCHIVED with since when and why */
export async function refuseArchived(
  scope: DatabaseScope,
  model: { id: string; name: string },
): Promise<void> {
  const event = await findNewestEvent(scope, model.id);
  if (event?.kind !== 'ARCHIVED') return;
  throw new GelqlError('MODEL_ARCHIVED', `Model ${model.name} was archived: ${event.reason}`, {
    facts: { model: model.name, archivedAt: event.createdAt.toISOString(), reason: event.reason },
  });
}
