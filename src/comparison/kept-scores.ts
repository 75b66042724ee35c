import { and, asc, desc, eq } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { artifacts, results, testScores } from '../db/schema.js';
import type { TestScoreRow } from '../registry/results.js';

const MAX_SCORES = 4;

/**
 * The first scores of a model's newest evaluation whose pictures are among the artifacts: what it is known to have
 * answered where it has no golden answers.
 */
export async function findKeptScores(scope: DatabaseScope, modelId: string): Promise<TestScoreRow[]> {
  const [result] = await scope.drizzle
    .select({ id: results.id })
    .from(results)
    .where(and(eq(results.modelId, modelId), eq(results.kind, 'HOLDOUT')))
    .orderBy(desc(results.id))
    .limit(1);
  if (result === undefined) return [];
  const rows = await scope.drizzle
    .select({ score: testScores })
    .from(testScores)
    .innerJoin(artifacts, eq(artifacts.sha256, testScores.sha256))
    .where(eq(testScores.resultId, result.id))
    .orderBy(asc(testScores.position))
    .limit(MAX_SCORES);
  return rows.map(({ score }) => score);
}
