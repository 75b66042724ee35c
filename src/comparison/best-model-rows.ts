import {
  and,
  asc,
  countDistinct,
  desc,
  eq,
  gte,
  isNotNull,
  ne,
  notExists,
  or,
  sql,
  type SQL,
} from 'drizzle-orm';
import { alias, type PgColumn } from 'drizzle-orm/pg-core';
import type { DatabaseScope } from '../db/client.js';
import { models, results } from '../db/schema.js';
import { isLoss, type Metric } from '../evaluation/metric.js';
import { isServable } from '../registry/archived-models.js';
import type { ModelRow } from '../registry/models.js';
import type { ResultRow } from '../registry/results.js';

export interface EvaluatedModel {
  model: ModelRow;
  result: ResultRow;
}

/** Which results may decide. */
export interface ResultScope {
  metric: Metric;
  /** Name or digest of the data set that the test pictures came from. */
  dataset: string | null;
  testDigest: string | null;
}

/** Columns of the results themselves, or of an alias of that table. */
type Columns<Name extends string> = Record<Name, PgColumn>;

const other = alias(results, 'other');

const METRIC_COLUMNS: Record<Metric, SQL> = {
  ACCURACY: sql`${results.accuracy}`,
  BALANCED_ACCURACY: sql`(${results.evaluation}->>'balancedAccuracy')::float8`,
  F1: sql`${results.f1}`,
  ROC_AUC: sql`${results.rocAuc}`,
  LOG_LOSS: sql`${results.logLoss}`,
  BRIER: sql`${results.brier}`,
};

/** The result with the highest lower bound of its accuracy interval; then the lower log loss, then the older. */
export async function findSurestResult(
  scope: DatabaseScope,
  within: ResultScope,
): Promise<ResultRow | undefined> {
  const [row] = await scope.drizzle
    .select()
    .from(results)
    .where(mayDecide(scope, within))
    .orderBy(desc(results.accuracyLow), asc(results.logLoss), asc(results.id))
    .limit(1);
  return row;
}

/** Models with a result on the test pictures of `tested`, best value of the metric first. */
export async function findOnSameTest(
  scope: DatabaseScope,
  tested: ResultRow,
  within: ResultScope,
  limit: number,
): Promise<EvaluatedModel[]> {
  const value = METRIC_COLUMNS[within.metric];
  const rows = await selectEvaluated(scope)
    .where(and(isOnTest(results, tested), mayDecide(scope, within)))
    .orderBy(isLoss(within.metric) ? asc(value) : desc(value), asc(results.logLoss), asc(results.id))
    .limit(limit);
  return oncePerModel(rows);
}

export async function countOnSameTest(
  scope: DatabaseScope,
  tested: ResultRow,
  within: ResultScope,
): Promise<number> {
  const [row] = await scope.drizzle
    .select({ value: countDistinct(models.digest) })
    .from(results)
    .innerJoin(models, eq(results.modelId, models.id))
    .where(and(isOnTest(results, tested), mayDecide(scope, within)));
  return row?.value ?? 0;
}

/** Models tested on other pictures only whose accuracy interval reaches that far, highest lower bound first. */
export async function findElsewhere(
  scope: DatabaseScope,
  tested: ResultRow,
  within: ResultScope,
  { reaching, limit }: { reaching: number; limit: number },
): Promise<EvaluatedModel[]> {
  const onTest = scope.drizzle
    .select({ id: other.id })
    .from(other)
    .where(and(eq(other.modelId, results.modelId), isOnTest(other, tested)));
  const rows = await selectEvaluated(scope)
    .where(and(gte(results.accuracyHigh, reaching), notExists(onTest), mayDecide(scope, within)))
    .orderBy(desc(results.accuracyLow), asc(results.logLoss), asc(results.id))
    .limit(limit);
  return oncePerModel(rows);
}

/** Whether a model of another digest has a result that may decide. */
export async function hasOtherModel(
  scope: DatabaseScope,
  { digest }: Pick<ModelRow, 'digest'>,
  within: ResultScope,
): Promise<boolean> {
  const rows = await scope.drizzle
    .select({ id: results.id })
    .from(results)
    .innerJoin(models, eq(results.modelId, models.id))
    .where(and(ne(models.digest, digest), mayDecide(scope, within)))
    .limit(1);
  return rows.length > 0;
}

function selectEvaluated(scope: DatabaseScope) {
  return scope.drizzle
    .select({ model: models, result: results })
    .from(results)
    .innerJoin(models, eq(results.modelId, models.id));
}

/** With the first of its results; the same bytes under a second name are no second model. */
function oncePerModel(rows: readonly EvaluatedModel[]): EvaluatedModel[] {
  return [...new Map(rows.toReversed().map((row) => [row.model.digest, row])).values()].reverse();
}

function isOnTest(table: Columns<'kind' | 'testDigest'>, tested: ResultRow) {
  return and(eq(table.testDigest, tested.testDigest), eq(table.kind, tested.kind));
}

/**
 * Archived models decide nothing. Cross-validation speaks of a model only where no held-out pictures do: its answers are those of
 * other heads.
 */
function mayDecide(scope: DatabaseScope, { metric, dataset, testDigest }: ResultScope): SQL | undefined {
  const ofDataset = (table: Columns<'datasetName' | 'datasetDigest'>) =>
    dataset === null ? undefined : or(eq(table.datasetName, dataset), eq(table.datasetDigest, dataset));
  const heldOut = scope.drizzle
    .select({ id: other.id })
    .from(other)
    .where(and(eq(other.modelId, results.modelId), eq(other.kind, 'HOLDOUT'), ofDataset(other)));
  return and(
    isServable(results.modelId),
    or(eq(results.kind, 'HOLDOUT'), notExists(heldOut)),
    ofDataset(results),
    testDigest === null ? undefined : eq(results.testDigest, testDigest),
    metric === 'ROC_AUC' ? isNotNull(results.rocAuc) : undefined,
  );
}
