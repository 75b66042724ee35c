import { promoteModel, removeAlias } from '../../serving/promote-model.js';
import type { ModelProbe } from '../../words/model.js';
import {
  findAlias,
  listAliases,
  pageAliasMoves,
  type AliasMoveRow,
  type AliasRow,
} from '../../registry/aliases.js';
import { ACTOR_DESCRIPTION, actorOf } from '../actor.js';
import type { Builder } from '../builder.js';
import { connectionNames, connectionOf } from '../connection.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import type { Enums } from './enums.js';

const EXPECTED_CURRENT =
  'The model that the alias points at now as far as you know: id, name or number. If it points elsewhere, nothing happens and CONFLICT says where.';

function defineProbe(builder: Builder, enums: Enums) {
  return builder.objectRef<ModelProbe>('ModelProbe').implement({
    description:
      'What a model was put through, on the engine that it serves with, before an alias pointed at it.',
    fields: (t) => ({
      kind: t.expose('kind', { type: enums.ProbeKind, description: 'What it was compared with.' }),
      pictureCount: t.exposeInt('pictureCount', { description: 'Pictures that it answered for this.' }),
      largestDifference: t.exposeFloat('largestDifference', {
        nullable: true,
        description: 'Of a logit; null where there was nothing to compare with (FINITE).',
      }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What computed.' }),
      elapsedMs: t.exposeFloat('elapsedMs', { description: 'Milliseconds that it took.' }),
    }),
  });
}

function defineAliasMove(builder: Builder, enums: Enums, { Model }: Nodes) {
  const Probe = defineProbe(builder, enums);
  return builder.objectRef<AliasMoveRow>('AliasMove').implement({
    description: 'One move of an alias; never changed or deleted.',
    fields: (t) => ({
      alias: t.exposeString('alias', { description: 'The alias.' }),
      sequence: t.exposeInt('sequence', { description: 'From 1, without gaps.' }),
      from: t.field({
        type: Model,
        nullable: true,
        description: 'The previous model; null if there was none.',
        resolve: ({ fromModelId }) => fromModelId,
      }),
      to: t.field({
        type: Model,
        nullable: true,
        description: 'The new model; null for a removal.',
        resolve: ({ toModelId }) => toModelId,
      }),
      reason: t.exposeString('reason', { description: 'The reason given by the caller.' }),
      actor: t.exposeString('actor', {
        description: 'Who moved the alias, as the caller said; gelql does not verify it.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
      probe: t.field({
        type: Probe,
        nullable: true,
        description: 'The probe that the model passed; null for a removal.',
        resolve: ({ probe }) => probe,
      }),
    }),
  });
}

export function defineAlias(builder: Builder, enums: Enums, nodes: Nodes): void {
  const { Model } = nodes;
  const Move = defineAliasMove(builder, enums, nodes);
  const Alias = builder.objectRef<AliasRow>('Alias').implement({
    description:
      'A name that points at a model. The model under `champion` answers requests that name no model; gelql scores the one under `challenger` in shadow.',
    fields: (t) => ({
      name: t.exposeString('alias', { description: 'Small letters, digits, - and _.' }),
      model: t.field({ type: Model, description: 'Where it points.', resolve: ({ toModelId }) => toModelId }),
      move: t.field({ type: Move, description: 'The move to this model.', resolve: (move) => move }),
      history: t.connection(
        {
          type: Move,
          description: 'All moves of the alias, newest first.',
          resolve: ({ alias }, args, { app }) =>
            connectionOf(args, (page) => pageAliasMoves(app.database, alias, page)),
        },
        ...connectionNames('AliasMove'),
      ),
    }),
  });

  builder.queryFields((t) => ({
    alias: t.field({
      type: Alias,
      nullable: true,
      description: 'One alias, now or at an earlier moment; null where it pointed nowhere.',
      args: {
        name: t.arg.string({ required: true, description: 'For example `champion`.' }),
        at: t.arg({ type: 'DateTime', description: 'The moment; now where absent.' }),
      },
      resolve: (_root, { name, at }, { app }) => findAlias(app.database, name, at ?? null),
    }),
    aliases: t.field({
      type: [Alias],
      description: 'Every alias that points at a model, by name.',
      resolve: (_root, _args, { app }) => listAliases(app.database),
    }),
  }));
  builder.mutationFields((t) => ({
    promoteModel: t.field({
      type: Move,
      description:
        'Points an alias at a model, once the model was loaded, verified and has answered its golden pictures as it did when it was registered. Until then, and if anything fails, the alias stays where it is.',
      args: {
        id: t.arg.id({ required: true, description: 'Id, name or number of the model.' }),
        alias: t.arg.string({ required: true, description: '`champion`, `challenger` or any other name.' }),
        expectedCurrent: t.arg.string({ description: `${EXPECTED_CURRENT} Absent: nowhere.` }),
        reason: t.arg.string({ required: true, description: 'Why; kept in the history.' }),
        actor: t.arg.string({ description: ACTOR_DESCRIPTION }),
      },
      resolve: (_root, { id, alias, expectedCurrent, reason, actor }, { app, request }) =>
        promoteModel(app, decodeReference('Model', id), {
          alias,
          expectedCurrent: expectedCurrent == null ? null : decodeReference('Model', expectedCurrent),
          reason,
          actor: actorOf(actor, request),
        }),
    }),
    removeAlias: t.field({
      type: Move,
      description: 'Removes an alias; its history stays. Without a champion the best model answers.',
      args: {
        alias: t.arg.string({ required: true, description: 'Which one.' }),
        expectedCurrent: t.arg.string({ required: true, description: EXPECTED_CURRENT }),
        reason: t.arg.string({ required: true, description: 'Why; kept in the history.' }),
        actor: t.arg.string({ description: ACTOR_DESCRIPTION }),
      },
      resolve: (_root, { alias, expectedCurrent, reason, actor }, { app, request }) =>
        removeAlias(app, {
          alias,
          expectedCurrent: decodeReference('Model', expectedCurrent),
          reason,
          actor: actorOf(actor, request),
        }),
    }),
  }));
}
