import { selectByIds } from '../../db/select-by-ids.js';
import { models } from '../../db/schema.js';
import { bestModel, type BestModel } from '../../registry/best-model.js';
import { findModel, pageModels } from '../../registry/models.js';
import { findResultsOfModels } from '../../registry/results.js';
import type { Builder } from '../builder.js';
import type { GraphQLContext } from '../context.js';
import { connectionOf } from '../connection.js';
import { decodeReference } from '../references.js';
import type { DatasetNode } from './dataset.js';
import type { Enums } from './enums.js';
import type { ResultNode } from './result.js';

export function defineModel(builder: Builder, enums: Enums, Dataset: DatasetNode, Result: ResultNode) {
  const Model = builder.loadableNodeRef('Model', {
    id: { resolve: ({ id }) => id },
    load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, models, ids),
  });
  Model.implement({
    description: 'A trained head bound to its backbone, class order and preprocessing by one digest.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'The model_id of the results table.' }),
      name: t.exposeString('name'),
      origin: t.exposeString('origin', { description: 'TRAINED here, or SHIPPED with the program.' }),
      backbone: t.expose('architecture', { type: enums.Architecture }),
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      weightsSha256: t.exposeString('backboneSha256'),
      head: t.expose('head', { type: enums.Head }),
      headSha256: t.exposeString('headSha256'),
      classes: t.exposeStringList('classes', { description: 'In the order of the probabilities.' }),
      preprocessing: t.expose('recipe', { type: enums.Recipe }),
      optimizer: t.expose('optimizer', { type: enums.Optimizer }),
      device: t.expose('device', { type: enums.DeviceKind }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What trained the head.' }),
      featureEngine: t.expose('featureEngine', {
        type: enums.Engine,
        description: 'What computed the features.',
      }),
      digest: t.exposeString('digest', {
        description: 'SHA-256 that binds weights, head, classes and preprocessing.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      dataset: t.field({ type: Dataset, nullable: true, resolve: ({ datasetId }) => datasetId }),
      results: t.loadableList({
        type: Result,
        description: 'Its evaluations, newest first.',
        load: (ids: string[], { app }) => findResultsOfModels(app.database, ids),
        resolve: ({ id }) => id,
      }),
    }),
  });
  const BestModelRef = builder.objectRef<BestModel>('BestModel').implement({
    description:
      'The model that answers where none is named: highest lower bound of the accuracy interval, then lower log loss, then older.',
    fields: (t) => ({
      model: t.field({ type: Model, resolve: ({ model }) => model }),
      result: t.field({ type: Result, resolve: ({ result }) => result }),
      tiedWith: t.field({
        type: [Model],
        description:
          'Models whose accuracy interval contains the accuracy of this one: not shown to be worse.',
        resolve: ({ ties }) => ties.map(({ model }) => model),
      }),
    }),
  });
  builder.queryFields((t) => ({
    model: t.field({
      type: Model,
      nullable: true,
      args: { reference: t.arg.string({ required: true, description: 'Id, name or number.' }) },
      resolve: (_root, { reference }, { app }) =>
        findModel(app.database, decodeReference('Model', reference)),
    }),
    models: t.connection({
      type: Model,
      description: 'Newest first.',
      resolve: (_root, args, { app }) => connectionOf(args, (page) => pageModels(app.database, page)),
    }),
    bestModel: t.field({ type: BestModelRef, resolve: (_root, _args, { app }) => bestModel(app.database) }),
  }));
  return Model;
}

export type ModelNode = ReturnType<typeof defineModel>;
