import { asc, eq, inArray } from 'drizzle-orm';
import type { Database, DatabaseScope } from '../db/client.js';
import { isId, newId } from '../db/new-id.js';
import { classifications, reviews } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import { listNames } from '../list-names.js';
import { checkChangeNote, type ChangeNote } from '../registry/change-note.js';
import { findModel } from '../registry/models.js';
import { requireClassification, type ClassificationRow } from './classifications.js';
import { contentHashOf } from './receipt.js';

export type ReviewRow = typeof reviews.$inferSelect;

export interface NewReview extends ChangeNote {
  /** Id. */
  classificationId: string;
  /** A class of the model that answered; the answer's own label confirms it. */
  label: string;
  requestId: string | null;
}

/**
 * Appends what a person says of a stored answer. Nothing is replaced: the newest review counts, all of them stay, and
 * each has its place in the chain of receipts.
 * @throws GelqlError NOT_FOUND, BAD_REQUEST for a class that the model does not have, or of the note
 */
export async function correctClassification(database: Database, review: NewReview): Promise<ReviewRow> {
  checkChangeNote(review);
  const classification = await requireClassification(database, review.classificationId);
  const model = await findModel(database, classification.modelId);
  const classes = model?.classes ?? [];
  if (!classes.includes(review.label)) {
    throw new GelqlError(
      'BAD_REQUEST',
      `"${review.label}" is no class of ${model?.name}: it knows ${listNames(classes, 20)}.`,
      { facts: { classes } },
    );
  }
  const { label, reason, actor, requestId } = review;
  const content = { id: newId(), classificationId: classification.id, label, reason, actor, requestId };
  const [row] = await database.drizzle
    .insert(reviews)
    .values({ ...content, contentHash: contentHashOf(content) })
    .returning();
  if (row === undefined) throw new Error('The database returned no row for what it stored.');
  return row;
}

/** The reviews of each classification, oldest first; one statement. */
export async function findReviews(
  scope: DatabaseScope,
  classificationIds: readonly string[],
): Promise<ReviewRow[][]> {
  const rows = await scope.drizzle
    .select()
    .from(reviews)
    .where(inArray(reviews.classificationId, [...classificationIds]))
    .orderBy(asc(reviews.sequence));
  return classificationIds.map((id) => rows.filter(({ classificationId }) => classificationId === id));
}

/** Reviews with the answers that they are of, oldest first; those of the given classifications, or all. */
export async function listReviewed(
  scope: DatabaseScope,
  classificationIds: readonly string[] | null,
): Promise<{ review: ReviewRow; classification: ClassificationRow }[]> {
  return scope.drizzle
    .select({ review: reviews, classification: classifications })
    .from(reviews)
    .innerJoin(classifications, eq(classifications.id, reviews.classificationId))
    .where(
      classificationIds === null ? undefined : inArray(classifications.id, classificationIds.filter(isId)),
    )
    .orderBy(asc(reviews.sequence));
}
