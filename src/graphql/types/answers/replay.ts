import { withPermit } from '../../../serving/admission.js';
import {
  REPLAY_TOLERANCE,
  replayClassification,
  type Replay,
} from '../../../classification/replay-classification.js';
import type { Builder } from '../../builder.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import type { Enums } from '../enums.js';

export function defineReplay(builder: Builder, enums: Enums, { Classification }: Nodes): void {
  const ReplayRef = builder.objectRef<Replay>('Replay').implement({
    description: 'A stored answer beside what its model answers now for the same picture.',
    fields: (t) => ({
      classification: t.field({
        type: Classification,
        description: 'The stored answer.',
        resolve: ({ row }) => ({ row, others: [] }),
      }),
      isSame: t.exposeBoolean('isSame', {
        description: `The same label, and no probability differs by more than ${REPLAY_TOLERANCE}.`,
      }),
      label: t.exposeString('label', { description: 'The most probable class now.' }),
      probability: t.exposeFloat('probability', { description: 'Of that class, now.' }),
      largestDifference: t.exposeFloat('largestDifference', {
        description: 'Of a probability, over all classes.',
      }),
      largestLogitDifference: t.exposeFloat('largestLogitDifference', {
        description: 'Of a logit, over all classes.',
      }),
      engine: t.expose('engine', {
        type: enums.Engine,
        description: 'Engine that computed the features now: the original engine if this machine has it.',
      }),
    }),
  });
  builder.mutationField('replayClassification', (t) =>
    t.field({
      type: ReplayRef,
      description:
        'Answers again with the original model and stores nothing. PICTURE_NOT_KEPT if gelql did not store the picture.',
      args: { id: t.arg.id({ required: true, description: 'Of the classification.' }) },
      resolve: (_root, { id }, { app, receivedAt, signal }) => {
        const { timeoutMs } = app.config;
        const conditions = { priority: 'BULK', timeoutMs, receivedAt, clientSignal: signal } as const;
        const permit = app.admission.admit(conditions);
        return withPermit(permit, () =>
          replayClassification(app, permit, decodeReference('Classification', id)),
        );
      },
    }),
  );
}
