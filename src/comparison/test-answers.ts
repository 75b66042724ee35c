import { inArray } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { testScores } from '../db/schema.js';
import { numberGroups, type AnsweredPictures } from '../evaluation/paired/answered-pair.js';
import { groupPositions } from '../evaluation/arithmetic.js';

const COLUMNS = {
  resultId: testScores.resultId,
  position: testScores.position,
  sha256: testScores.sha256,
  label: testScores.label,
  predicted: testScores.predicted,
  probabilities: testScores.probabilities,
  groupKey: testScores.groupKey,
};

/** One answer to one test picture. */
export type PictureAnswer = Pick<typeof testScores.$inferSelect, Exclude<keyof typeof COLUMNS, 'resultId'>>;

/**
 * What was answered to the test pictures of each result, in an order that all results of one test digest share: by
 * SHA-256, label and position. One statement.
 * @returns by result; results without scores are left out
 */
export async function loadAnswers(
  scope: DatabaseScope,
  tested: readonly { result: { id: string } }[],
): Promise<Map<string, AnsweredPictures>> {
  if (tested.length === 0) return new Map();
  const resultIds = tested.map(({ result }) => result.id);
  const rows = await scope.drizzle
    .select(COLUMNS)
    .from(testScores)
    .where(inArray(testScores.resultId, resultIds));
  const ofResults = groupPositions(rows.map(({ resultId }) => resultId));
  return new Map(
    ofResults.flatMap((positions) => {
      const scores = positions.flatMap((position) => rows[position] ?? []);
      return scores.slice(0, 1).map(({ resultId }) => [resultId, toAnswers(scores.sort(inCommonOrder))]);
    }),
  );
}

/** Pictures whose group is not known are grouped by their bytes. */
export function toAnswers(scores: readonly PictureAnswer[]): AnsweredPictures {
  return {
    labels: scores.map(({ label }) => label),
    predicted: scores.map(({ predicted }) => predicted),
    probabilities: scores.map(({ probabilities }) => probabilities),
    ...numberGroups(scores.map(({ groupKey, sha256 }) => groupKey ?? sha256)),
  };
}

/** Order by SHA-256, label and position: the same for all results of one test digest. */
export function inCommonOrder(left: PictureAnswer, right: PictureAnswer): number {
  if (left.sha256 !== right.sha256) return left.sha256 < right.sha256 ? -1 : 1;
  return left.label - right.label || left.position - right.position;
}
