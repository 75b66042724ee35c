import { and, count, eq, gte, sql, type SQL } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { classifications, shadowScores } from '../db/schema.js';
import { contentHashOf } from '../receipts/receipt.js';

export type ShadowScoreRow = typeof shadowScores.$inferSelect;
export type NewShadowScore = Omit<
  ShadowScoreRow,
  'id' | 'createdAt' | 'sequence' | 'contentHash' | 'previousHash' | 'hash'
>;

/** Which scores a report is about. */
export interface ShadowPair {
  championId: string;
  challengerId: string;
  /** Scores before this moment do not count; null counts all. */
  since: Date | null;
}

/** Pictures on which the two models gave these labels. */
export interface ShadowOutcome {
  championLabel: string;
  label: string;
  count: number;
}

export interface ShadowCounts {
  /** The most frequent first. */
  outcomes: ShadowOutcome[];
  /** Scores that took the features of the champion's own pass. */
  sharedPassCount: number;
  /** Different pictures among them, by the digest of their bytes. */
  pictureCount: number;
  firstAt: Date | null;
  lastAt: Date | null;
}

/**
 * Stores scores in one statement, each with its place in the chain of receipts.
 * @param scores at least one, of pairs that have none yet: passing over a row would leave a gap in the chain
 */
export async function insertShadowScores(
  scope: DatabaseScope,
  scores: readonly NewShadowScore[],
): Promise<void> {
  const contents = scores.map((score) => ({ id: newId(), ...score }));
  await scope.drizzle
    .insert(shadowScores)
    .values(contents.map((content) => ({ ...content, contentHash: contentHashOf(content) })));
}

export async function countShadowScores(scope: DatabaseScope, pair: ShadowPair): Promise<ShadowCounts> {
  const outcomes = await scope.drizzle
    .select({ championLabel: shadowScores.championLabel, label: shadowScores.label, count: count() })
    .from(shadowScores)
    .where(ofPair(pair))
    .groupBy(shadowScores.championLabel, shadowScores.label)
    .orderBy(sql`count(*) desc`, shadowScores.championLabel, shadowScores.label);
  const [totals] = await scope.drizzle
    .select({
      sharedPassCount: sql<number>`count(*) filter (where ${shadowScores.isSharedPass})`.mapWith(Number),
      pictureCount: sql<number>`count(distinct ${classifications.pictureSha256})`.mapWith(Number),
      firstAt: sql<Date | null>`min(${shadowScores.createdAt})`.mapWith(shadowScores.createdAt),
      lastAt: sql<Date | null>`max(${shadowScores.createdAt})`.mapWith(shadowScores.createdAt),
    })
    .from(shadowScores)
    .innerJoin(classifications, eq(classifications.id, shadowScores.classificationId))
    .where(ofPair(pair));
  if (totals === undefined) throw new Error('An aggregate without groups returned no row.');
  return { outcomes, ...totals };
}

/** Scores whose label is not the champion's, newest first. */
export async function pageDisagreements(
  scope: DatabaseScope,
  pair: ShadowPair,
  page: PageRequest,
): Promise<Page<ShadowScoreRow>> {
  return pageNewest(scope, shadowScores, page, and(ofPair(pair), eq(shadowScores.isAgreed, false)));
}

function ofPair({ championId, challengerId, since }: ShadowPair): SQL | undefined {
  return and(
    eq(shadowScores.championId, championId),
    eq(shadowScores.challengerId, challengerId),
    since === null ? undefined : gte(shadowScores.createdAt, since),
  );
}
