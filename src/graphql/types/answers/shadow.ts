import { reportShadow, type ShadowReport } from '../../../classification/shadow-report.js';
import {
  pageDisagreements,
  type ShadowOutcome,
  type ShadowScoreRow,
} from '../../../classification/shadow-scores.js';
import type { Builder } from '../../builder.js';
import { connectionNames, connectionOf } from '../../connection.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import type { EvaluationRefs } from '../evaluation.js';

function defineDisagreement(builder: Builder, { Classification }: Nodes) {
  return builder.objectRef<ShadowScoreRow>('ShadowDisagreement').implement({
    description: 'A picture that the challenger labels differently.',
    fields: (t) => ({
      classification: t.field({
        type: Classification,
        description: 'What the champion answered.',
        resolve: ({ classificationId }) => classificationId,
      }),
      championLabel: t.exposeString('championLabel', { description: 'The label that was answered.' }),
      label: t.exposeString('label', { description: 'The label of the challenger.' }),
      probability: t.exposeFloat('probability', {
        description: 'Of the label of the challenger, as it would have answered.',
      }),
      isSharedPass: t.exposeBoolean('isSharedPass', {
        description: "Whether the challenger's head took the features of the champion's own pass.",
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was scored.' }),
    }),
  });
}

function defineOutcome(builder: Builder) {
  return builder.objectRef<ShadowOutcome>('ShadowOutcome').implement({
    description: 'Number of answers with this pair of labels.',
    fields: (t) => ({
      championLabel: t.exposeString('championLabel', { description: 'What was answered.' }),
      label: t.exposeString('label', { description: 'What the challenger would have answered.' }),
      count: t.exposeInt('count', { description: 'Answers.' }),
    }),
  });
}

export function defineShadow(builder: Builder, nodes: Nodes, { ProportionRef }: EvaluationRefs): void {
  const Disagreement = defineDisagreement(builder, nodes);
  const Outcome = defineOutcome(builder);
  const Report = builder.objectRef<ShadowReport>('ShadowReport').implement({
    description:
      "The challenger's labels for the pictures that the champion answered. Neither says which label is right.",
    fields: (t) => ({
      champion: t.field({ type: nodes.Model, description: 'Answered.', resolve: ({ champion }) => champion }),
      challenger: t.field({
        type: nodes.Model,
        description: 'Was scored in the shadow.',
        resolve: ({ challenger }) => challenger,
      }),
      agreement: t.field({
        type: ProportionRef,
        description:
          'Share of answers with one label; `n` counts answers, the interval only different pictures.',
        resolve: ({ agreement }) => agreement,
      }),
      pictureCount: t.exposeInt('pictureCount', {
        description: 'Different pictures among the answers, by the digest of their bytes.',
      }),
      sharedPassCount: t.exposeInt('sharedPassCount', {
        description: "Answers for which the challenger took the features of the champion's own pass.",
      }),
      outcomes: t.field({
        type: [Outcome],
        description: 'Counts by both labels, the most frequent first.',
        resolve: ({ outcomes }) => outcomes,
      }),
      firstAt: t.expose('firstAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The oldest score that counts.',
      }),
      lastAt: t.expose('lastAt', {
        type: 'DateTime',
        nullable: true,
        description: 'The newest score that counts.',
      }),
      disagreements: t.connection(
        {
          type: Disagreement,
          description: 'The answers with two labels, newest first.',
          resolve: ({ pair }, args, { app }) =>
            connectionOf(args, (page) => pageDisagreements(app.database, pair, page)),
        },
        ...connectionNames('ShadowDisagreement'),
      ),
    }),
  });

  builder.queryField('shadowReport', (t) =>
    t.field({
      type: Report,
      description:
        'Compares the challenger with the champion on what was really asked. Answers for which a model was named are not scored.',
      args: {
        champion: t.arg.id({ description: 'Id, name or number; the model that answers now where absent.' }),
        challenger: t.arg.id({ description: 'Id, name or number; the challenger of now where absent.' }),
        since: t.arg({ type: 'DateTime', description: 'Scores before this moment do not count.' }),
      },
      resolve: (_root, { champion, challenger, since }, { app }) =>
        reportShadow(app.database, app.bestModels, {
          champion: champion == null ? null : decodeReference('Model', champion),
          challenger: challenger == null ? null : decodeReference('Model', challenger),
          since: since ?? null,
        }),
    }),
  );
}
