import { eq } from 'drizzle-orm';
import type { DatabaseScope } from '../../src/db/client.js';
import { results } from '../../src/db/schema.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import type { ModelRow } from '../../src/registry/models.js';
import type { ResultRow } from '../../src/registry/results.js';
import { registerTestModel, type TestModel } from './registry-rows.js';

/** A model with real answers to made-up test pictures: `a-0.png` is a gel, `a-1.png` none, and so on. */
export interface AnsweredModel extends Pick<
  TestModel,
  'name' | 'headBytes' | 'configuration' | 'datasetName' | 'kind'
> {
  /** Probability of the right class, one for each picture; above one half is a right answer. */
  right: readonly number[];
  /** Which pictures: equal names are equal pictures. */
  pictures?: string;
  /** One for each picture; null is what older versions stored. */
  groups?: readonly (string | null)[];
}

export function registerAnsweredModel(scope: DatabaseScope, given: AnsweredModel): Promise<ModelRow> {
  const { right, pictures = 'a', groups } = given;
  const scores = right.map((probability, picture) => {
    const label = picture % 2;
    return {
      name: `${pictures}-${picture}.png`,
      sha256: `${pictures}-${picture}`.padEnd(64, '.'),
      label,
      predicted: probability > 0.5 ? label : 1 - label,
      probabilities: label === 0 ? [probability, 1 - probability] : [1 - probability, probability],
      groupKey: groups === undefined ? `group ${picture}` : (groups[picture] ?? null),
    };
  });
  const evaluation = evaluate({
    classes: ['gel', 'not_gel'],
    labels: scores.map(({ label }) => label),
    probabilities: scores.map(({ probabilities }) => probabilities),
  });
  return registerTestModel(scope, { ...given, evaluation, scores });
}

/** `count` answers with the probability `sure` of the right class, 0.3 where the position is one of `wrong`. */
export function rightBut(wrong: readonly number[], count = 40, sure = 0.9): number[] {
  return Array.from({ length: count }, (_, picture) => (wrong.includes(picture) ? 0.3 : sure));
}

export async function resultOf(scope: DatabaseScope, model: ModelRow): Promise<ResultRow> {
  const [row] = await scope.drizzle.select().from(results).where(eq(results.modelId, model.id));
  if (row === undefined) throw new Error(`${model.name} has no result.`);
  return row;
}
