import { createDatasetFromReviews } from '../../../receipts/dataset-from-reviews.js';
import { correctClassification, findReviews, type ReviewRow } from '../../../receipts/reviews.js';
import { ACTOR_DESCRIPTION, actorOf } from '../../actor.js';
import type { Builder } from '../../builder.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import type { ReceiptRef } from './receipt.js';

export function defineReview(
  builder: Builder,
  { Classification, Dataset }: Pick<Nodes, 'Classification' | 'Dataset'>,
  Receipt: ReceiptRef,
): void {
  const Review = builder.objectRef<ReviewRow>('Review').implement({
    description: "A person's verdict on a stored answer. It never changes; a later one takes precedence.",
    fields: (t) => ({
      label: t.exposeString('label', { description: 'The class of the picture.' }),
      reason: t.exposeString('reason', { description: 'Why, in the words of the reviewer.' }),
      actor: t.exposeString('actor', { description: 'The reviewer, according to the caller.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the review.' }),
      receipt: t.field({
        type: Receipt,
        description: 'Its place in the chain of stored records.',
        resolve: (row) => row,
      }),
    }),
  });
  builder.objectField(Classification, 'reviews', (t) =>
    t.loadableList({
      type: Review,
      description: 'Reviews by people, oldest first. The answer itself never changes.',
      load: (ids: string[], { app }) => findReviews(app.database, ids),
      resolve: ({ row }) => row.id,
    }),
  );
  builder.mutationField('correctClassification', (t) =>
    t.field({
      type: Review,
      description:
        'Appends a review to a stored answer: another label corrects it, the same one confirms it. Nothing is replaced.',
      args: {
        id: t.arg.id({ required: true, description: 'Of the classification.' }),
        label: t.arg.string({ required: true, description: 'A class of the model that answered.' }),
        reason: t.arg.string({ required: true, description: 'Why; up to 1000 characters.' }),
        actor: t.arg.string({ description: ACTOR_DESCRIPTION }),
      },
      resolve: (_root, { id, label, reason, actor }, { app, request, requestId }) =>
        correctClassification(app.database, {
          classificationId: decodeReference('Classification', id),
          label,
          reason,
          actor: actorOf(actor, request),
          requestId,
        }),
    }),
  );
  builder.mutationField('createDatasetFromReviews', (t) =>
    t.field({
      type: Dataset,
      description:
        'Registers a new data set from reviewed pictures, each under the class of its newest review. PICTURE_NOT_KEPT where the bytes of one are not there.',
      args: {
        name: t.arg.string({ required: true, description: 'Of the new data set.' }),
        base: t.arg.string({
          description:
            'Id or name of a data set whose pictures it begins with; those that were reviewed get their new class.',
        }),
        classifications: t.arg.idList({
          description: 'Reviewed classifications; all that were ever reviewed where absent.',
        }),
      },
      resolve: async (_root, { name, base, classifications }, { app, signal }) => {
        const { dataset } = await createDatasetFromReviews(app, {
          name,
          base: base == null ? null : decodeReference('Dataset', base),
          classificationIds: classifications?.map((id) => decodeReference('Classification', id)) ?? null,
          signal,
        });
        return dataset;
      },
    }),
  );
}
