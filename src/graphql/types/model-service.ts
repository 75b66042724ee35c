import { setArchived } from '../../serving/set-archived.js';
import { areArchived, findEventsOfModels, type ModelEventRow } from '../../registry/archived-models.js';
import { findAliasesOfModels } from '../../registry/aliases.js';
import { countGoldenAnswers } from '../../registry/golden-answers.js';
import { ACTOR_DESCRIPTION, actorOf } from '../actor.js';
import type { Builder } from '../builder.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import type { Enums } from './enums.js';

/** What of a model changes while it is registered: whether and under which names it serves. */
export function defineModelService(builder: Builder, enums: Enums, { Model }: Nodes): void {
  const ModelEvent = builder.objectRef<ModelEventRow>('ModelEvent').implement({
    description: 'A model was taken out of service or put back; never changed or deleted.',
    fields: (t) => ({
      kind: t.expose('kind', { type: enums.ModelEventKind, description: 'What happened.' }),
      reason: t.exposeString('reason', { description: 'Why, in the words of who did it.' }),
      actor: t.exposeString('actor', { description: 'Who did it, as they said; nothing checks it.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    }),
  });
  builder.objectFields(Model, (t) => ({
    isArchived: t.loadable({
      type: 'Boolean',
      description: 'It answers nothing any more; what it answered can be computed again.',
      load: (ids: string[], { app }) => areArchived(app.database, ids),
      resolve: ({ id }) => id,
    }),
    events: t.loadableList({
      type: ModelEvent,
      description: 'When it was archived and restored, newest first.',
      load: (ids: string[], { app }) => findEventsOfModels(app.database, ids),
      resolve: ({ id }) => id,
    }),
    aliases: t.loadableList({
      type: 'String',
      description: 'Names that point at it now.',
      load: (ids: string[], { app }) => findAliasesOfModels(app.database, ids),
      resolve: ({ id }) => id,
    }),
    goldenPictureCount: t.loadable({
      type: 'Int',
      description: 'Pictures whose answers were kept at registration, to compare with before it serves.',
      load: (ids: string[], { app }) => countGoldenAnswers(app.database, ids),
      resolve: ({ id }) => id,
    }),
  }));
  builder.mutationFields((t) => {
    const args = {
      id: t.arg.id({ required: true, description: 'Id, name or number of the model.' }),
      reason: t.arg.string({ required: true, description: 'Why; kept in its events.' }),
      actor: t.arg.string({ description: ACTOR_DESCRIPTION }),
    };
    return {
      archiveModel: t.field({
        type: Model,
        description:
          'Takes a model out of service; refused while an alias points at it. It is never the best model and answers nothing until it is restored.',
        args,
        resolve: (_root, { id, reason, actor }, { app, request }) =>
          setArchived(app, decodeReference('Model', id), true, { reason, actor: actorOf(actor, request) }),
      }),
      restoreModel: t.field({
        type: Model,
        description: 'Puts an archived model back into service.',
        args,
        resolve: (_root, { id, reason, actor }, { app, request }) =>
          setArchived(app, decodeReference('Model', id), false, { reason, actor: actorOf(actor, request) }),
      }),
    };
  });
}
