import { and, count, desc, eq, gte, inArray, lte, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { DatabaseScope } from '../db/client.js';
import { keysetPage, type OrderTerm, type Page, type PageRequest } from '../db/keyset.js';
import { newId } from '../db/new-id.js';
import { models, results, testScores } from '../db/schema.js';
import {
  RANGE_COLUMNS,
  TEXT_COLUMNS,
  type DateColumn,
  type NumericColumn,
  type ResultColumn,
  type TextColumn,
} from '../words/result-columns.js';

export type ResultRow = typeof results.$inferSelect;
export type TestScoreRow = typeof testScores.$inferSelect;

export interface Range<T> {
  min?: T | null | undefined;
  max?: T | null | undefined;
}

/** All conditions hold together; an absent one holds always. */
export type ResultFilter = { [K in TextColumn]?: readonly string[] | null | undefined } & {
  [K in NumericColumn]?: Range<number> | null | undefined;
} & { [K in DateColumn]?: Range<Date> | null | undefined };

export interface ResultOrder {
  field: ResultColumn;
  direction: 'asc' | 'desc';
}

/** A statement takes 65535 values at most; measured, 250 rows at a time go in twice as fast as 1000. */
const ROWS_PER_INSERT = 250;

export async function insertResult(
  scope: DatabaseScope,
  result: Omit<ResultRow, 'id' | 'createdAt'>,
  scores: readonly Omit<TestScoreRow, 'resultId' | 'position'>[],
): Promise<ResultRow> {
  const id = newId();
  const [row] = await scope.drizzle
    .insert(results)
    .values({ id, ...result })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  const rows = scores.map((score, position) => ({ resultId: id, position, ...score }));
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await scope.drizzle.insert(testScores).values(rows.slice(start, start + ROWS_PER_INSERT));
  }
  return row;
}

/** Results of each model, newest first; one statement. */
export async function findResultsOfModels(
  scope: DatabaseScope,
  modelIds: readonly string[],
): Promise<ResultRow[][]> {
  const rows = await scope.drizzle
    .select()
    .from(results)
    .where(inArray(results.modelId, [...modelIds]))
    .orderBy(desc(results.id));
  return modelIds.map((id) => rows.filter(({ modelId }) => modelId === id));
}

/**
 * The newest evaluation of the model of each run on held-out pictures; null where there is none (yet). One statement.
 */
export async function findHoldoutsOfRuns(
  scope: DatabaseScope,
  runIds: readonly string[],
): Promise<(ResultRow | null)[]> {
  const rows = await scope.drizzle
    .select({ runId: models.runId, result: results })
    .from(results)
    .innerJoin(models, eq(models.id, results.modelId))
    .where(and(eq(results.kind, 'HOLDOUT'), inArray(models.runId, [...runIds])))
    .orderBy(desc(results.id));
  return runIds.map((id) => rows.find(({ runId }) => runId === id)?.result ?? null);
}

/** Scores of each result's test pictures in their order; one statement. */
export async function findScoresOfResults(
  scope: DatabaseScope,
  resultIds: readonly string[],
): Promise<TestScoreRow[][]> {
  const rows = await scope.drizzle
    .select()
    .from(testScores)
    .where(inArray(testScores.resultId, [...resultIds]))
    .orderBy(testScores.position);
  return resultIds.map((id) => rows.filter(({ resultId }) => resultId === id));
}

export async function pageResults(
  scope: DatabaseScope,
  filter: ResultFilter,
  order: readonly ResultOrder[],
  page: PageRequest,
): Promise<Page<ResultRow>> {
  // The second time that a column is named it can order nothing any more.
  const distinct = order.filter(
    (term, index) => order.findIndex(({ field }) => field === term.field) === index,
  );
  return keysetPage<ResultRow>({
    page,
    order: distinct.map(({ field, direction }): OrderTerm => ({ column: results[field], direction })),
    id: results.id,
    keys: [...distinct.map(({ field }) => field), 'id'],
    select: (query) => selectResults(scope, filter, query),
  });
}

/**
 * The one statement of a page. The rows of the page are found by their ids first: where no index has the order, whole rows
 * would be sorted, which takes twice as long.
 */
export function selectResults(
  scope: DatabaseScope,
  filter: ResultFilter,
  { where, orderBy, limit }: { where: SQL | undefined; orderBy: SQL[]; limit: number },
) {
  const ids = scope.drizzle
    .select({ id: results.id })
    .from(results)
    .where(and(filterCondition(filter), where))
    .orderBy(...orderBy)
    .limit(limit);
  return scope.drizzle
    .select()
    .from(results)
    .where(inArray(results.id, ids))
    .orderBy(...orderBy);
}

export async function countResults(scope: DatabaseScope, filter: ResultFilter): Promise<number> {
  const [row] = await scope.drizzle.select({ value: count() }).from(results).where(filterCondition(filter));
  return row?.value ?? 0;
}

export function filterCondition(filter: ResultFilter): SQL | undefined {
  const conditions: (SQL | undefined)[] = [];
  for (const name of TEXT_COLUMNS) {
    const values = filter[name];
    if (values != null) conditions.push(inArray(results[name] as PgColumn, [...values]));
  }
  for (const name of RANGE_COLUMNS) {
    const range: Range<number | Date> | null | undefined = filter[name];
    if (range?.min != null) conditions.push(gte(results[name], range.min));
    if (range?.max != null) conditions.push(lte(results[name], range.max));
  }
  return and(...conditions);
}
