import { at } from '../at.js';
import { desc, eq, inArray, sql } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { results, testScores } from '../db/schema.js';

/** What a model answered to one of its test pictures, in the names of its classes. */
export interface TestedPicture {
  name: string;
  sha256: string;
  /** The true class. */
  label: string;
  predicted: string;
  probabilities: ReadonlyMap<string, number>;
  groupKey: string | null;
}

/**
 * All pictures that the model was tested on, each as often as one of its results holds it, from the newest that does.
 * Cross-validation, whose answers are those of other heads, counts only where no held-out pictures are known.
 */
export async function loadTestedPictures(scope: DatabaseScope, modelId: string): Promise<TestedPicture[]> {
  const tested = await scope.drizzle
    .select({
      id: results.id,
      kind: results.kind,
      classes: sql<string[]>`${results.evaluation}->'classes'`,
    })
    .from(results)
    .where(eq(results.modelId, modelId))
    .orderBy(desc(results.createdAt), desc(results.id));
  const heldOut = tested.filter(({ kind }) => kind === 'HOLDOUT');
  const counted = heldOut.length > 0 ? heldOut : tested;
  const scores = await scope.drizzle
    .select()
    .from(testScores)
    .where(
      inArray(
        testScores.resultId,
        counted.map(({ id }) => id),
      ),
    )
    .orderBy(testScores.position);
  const pictures = new Map<string, TestedPicture>();
  for (const { id, classes } of counted) {
    const known = new Set(pictures.keys());
    const seen = new Map<string, number>();
    for (const score of scores.filter(({ resultId }) => resultId === id)) {
      const label = at(classes, score.label);
      const times = (seen.get(`${score.sha256} ${label}`) ?? 0) + 1;
      seen.set(`${score.sha256} ${label}`, times);
      const key = `${score.sha256} ${times} ${label}`;
      if (known.has(key)) continue;
      pictures.set(key, {
        name: score.name,
        sha256: score.sha256,
        label,
        predicted: at(classes, score.predicted),
        probabilities: new Map(classes.map((name, index) => [name, at(score.probabilities, index)])),
        groupKey: score.groupKey,
      });
    }
  }
  return [...pictures.values()];
}
