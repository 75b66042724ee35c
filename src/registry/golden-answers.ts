import { asc, count, eq, inArray } from 'drizzle-orm';
import type { EngineName } from '../words/device.js';
import { storeArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import { goldenAnswers } from '../db/schema.js';

export type GoldenAnswerRow = typeof goldenAnswers.$inferSelect;

/** What a model answered for one picture when it was registered. */
export interface GoldenAnswer {
  /** As the picture was called where it came from. */
  name: string;
  /** SHA-256 of the picture's bytes. */
  sha256: string;
  /** In the order of the classes, before any calibration. */
  logits: number[];
}

export interface NewGoldenAnswers {
  /** What computed the features. */
  engine: EngineName;
  /** `bytes` where the picture is not among the artifacts yet. */
  answers: readonly (GoldenAnswer & { bytes?: Uint8Array })[];
}

const PER_CLASS = 2;
const MAX_GOLDEN = 8;

/**
 * Chooses the golden pictures of a model from its test pictures: the first two of each class, at most eight.
 * @returns positions in `scores`, in order
 */
export function chooseGoldenPictures(scores: readonly { sha256: string; label: number }[]): number[] {
  const chosen: number[] = [];
  const counts = new Map<number, number>();
  const seen = new Set<string>();
  for (const [position, { sha256, label }] of scores.entries()) {
    const inClass = counts.get(label) ?? 0;
    if (chosen.length === MAX_GOLDEN || inClass === PER_CLASS || seen.has(sha256)) continue;
    chosen.push(position);
    counts.set(label, inClass + 1);
    seen.add(sha256);
  }
  return chosen;
}

export async function insertGoldenAnswers(
  scope: DatabaseScope,
  modelId: string,
  { engine, answers }: NewGoldenAnswers,
): Promise<void> {
  if (answers.length === 0) return;
  for (const { bytes } of answers) if (bytes !== undefined) await storeArtifact(scope, 'picture', bytes);
  await scope.drizzle.insert(goldenAnswers).values(
    answers.map(({ name, sha256, logits }, position) => ({
      modelId,
      position,
      name,
      sha256,
      logits,
      engine,
    })),
  );
}

/** In the order in which they were registered. */
export async function findGoldenAnswers(scope: DatabaseScope, modelId: string): Promise<GoldenAnswerRow[]> {
  return scope.drizzle
    .select()
    .from(goldenAnswers)
    .where(eq(goldenAnswers.modelId, modelId))
    .orderBy(asc(goldenAnswers.position));
}

/** How many each model has; one statement. */
export async function countGoldenAnswers(
  scope: DatabaseScope,
  modelIds: readonly string[],
): Promise<number[]> {
  const rows = await scope.drizzle
    .select({ modelId: goldenAnswers.modelId, value: count() })
    .from(goldenAnswers)
    .where(inArray(goldenAnswers.modelId, [...modelIds]))
    .groupBy(goldenAnswers.modelId);
  return modelIds.map((id) => rows.find(({ modelId }) => modelId === id)?.value ?? 0);
}
