import { and, asc, desc, eq, gte, lte, ne } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { models, results } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import type { ModelRow } from './models.js';
import type { ResultRow } from './results.js';

export interface EvaluatedModel {
  model: ModelRow;
  result: ResultRow;
}

export interface BestModel extends EvaluatedModel {
  /** Models on whose interval the winner's accuracy lies: not shown to be worse. Best first, at most 50. */
  ties: EvaluatedModel[];
}

const MAX_TIES = 50;

/** @throws GelqlError NO_MODEL where none is registered */
export async function bestModel(scope: DatabaseScope): Promise<BestModel> {
  const best = await findBestModel(scope);
  if (best === null) throw new GelqlError('NO_MODEL', 'No model is registered yet.');
  return best;
}

/**
 * The model that answers where none is named; null where none is registered. Order: higher lower bound of the accuracy's
 * Wilson interval, so that few lucky test pictures do not beat many good ones; then lower log loss; then older.
 */
export async function findBestModel(scope: DatabaseScope): Promise<BestModel | null> {
  const [winner] = await ranked(scope, 1);
  if (winner === undefined) return null;
  const { accuracy } = winner.result;
  const ties = await ranked(
    scope,
    MAX_TIES,
    and(
      ne(results.modelId, winner.model.id),
      lte(results.accuracyLow, accuracy),
      gte(results.accuracyHigh, accuracy),
    ),
  );
  return { ...winner, ties };
}

async function ranked(
  scope: DatabaseScope,
  limit: number,
  condition?: ReturnType<typeof and>,
): Promise<EvaluatedModel[]> {
  return scope.drizzle
    .select({ model: models, result: results })
    .from(results)
    .innerJoin(models, eq(results.modelId, models.id))
    .where(condition)
    .orderBy(desc(results.accuracyLow), asc(results.logLoss), asc(models.id))
    .limit(limit);
}
