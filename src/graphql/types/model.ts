import { findModel, pageModels } from '../../registry/models.js';
import { findResultsOfModels } from '../../registry/results.js';
import type { Builder } from '../builder.js';
import { connectionNames, connectionOf } from '../connection.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import type { Enums } from './enums.js';
import { defineCalibration } from './evaluation.js';

export function defineModel(
  builder: Builder,
  enums: Enums,
  { Model, Dataset, Result, TrainingRun }: Nodes,
): void {
  const CalibrationRef = defineCalibration(builder, enums);
  Model.implement({
    description: 'A trained head bound to its backbone, class order and preprocessing by one digest.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'The model_id of the results table, from 1.' }),
      name: t.exposeString('name', { description: 'Unique; arguments take it as well as id and number.' }),
      origin: t.expose('origin', { type: enums.ModelOrigin, description: 'Where it comes from.' }),
      backbone: t.expose('architecture', { type: enums.Architecture, description: 'Its network.' }),
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      weightsSha256: t.exposeString('backboneSha256', { description: 'SHA-256 of the backbone weights.' }),
      trainable: t.field({
        type: enums.Trainable,
        description: 'What its training moved: where that is more than HEAD, its features are its own.',
        resolve: ({ configuration }) => configuration.trainable,
      }),
      tunedSha256: t.exposeString('tunedSha256', {
        nullable: true,
        description:
          'SHA-256 of the tensors that its training moved away from the backbone; null where it moved none.',
      }),
      head: t.expose('head', { type: enums.Head, description: 'Shape of its classifier.' }),
      headSha256: t.exposeString('headSha256', { description: 'SHA-256 of the head as it is stored.' }),
      classes: t.exposeStringList('classes', { description: 'In the order of the probabilities.' }),
      recipe: t.expose('recipe', {
        type: enums.Recipe,
        description: 'What every picture goes through.',
      }),
      optimizer: t.expose('optimizer', { type: enums.Optimizer, description: 'What trained the head.' }),
      device: t.expose('device', { type: enums.DeviceKind, description: 'What it was trained on.' }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What trained the head.' }),
      featureEngine: t.expose('featureEngine', {
        type: enums.Engine,
        description: 'What computed the features.',
      }),
      digest: t.exposeString('digest', {
        description:
          'SHA-256 that binds weights, tuned weights, head, classes, preprocessing and an applied temperature.',
      }),
      calibration: t.field({
        type: CalibrationRef,
        nullable: true,
        description: 'Of its probabilities; null where no picture was left to fit it on.',
        resolve: ({ calibration }) => calibration,
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
      dataset: t.field({
        type: Dataset,
        nullable: true,
        description: 'What it was trained on; null for a shipped model.',
        resolve: ({ datasetId }) => datasetId,
      }),
      trainingRun: t.field({
        type: TrainingRun,
        nullable: true,
        description: 'The run that made it; null for a shipped model.',
        resolve: ({ runId }) => runId,
      }),
      results: t.loadableList({
        type: Result,
        description: 'Its evaluations, newest first.',
        load: (ids: string[], { app }) => findResultsOfModels(app.database, ids),
        resolve: ({ id }) => id,
      }),
    }),
  });
  builder.queryFields((t) => ({
    model: t.field({
      type: Model,
      nullable: true,
      description: 'One model; null where there is none of that id, name or number.',
      args: { reference: t.arg.string({ required: true, description: 'Id, name or number.' }) },
      resolve: (_root, { reference }, { app }) =>
        findModel(app.database, decodeReference('Model', reference)),
    }),
    models: t.connection(
      {
        type: Model,
        description: 'All models, newest first.',
        resolve: (_root, args, { app }) => connectionOf(args, (page) => pageModels(app.database, page)),
      },
      ...connectionNames('Model'),
    ),
  }));
}
