import { ERRORS, type SerializedError } from '../../errors.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { trainingRuns } from '../../db/schema.js';
import { CATALOG } from '../../networks/weights/catalog.js';
import { cancelTraining } from '../../training/cancel-training.js';
import type { TrainingConfiguration } from '../../training/configuration.js';
import { TRAINING_DEFAULTS } from '../../training/resolve-configuration.js';
import { startTraining } from '../../training/start-training.js';
import { findModelsOfRuns } from '../../registry/models.js';
import { findRun, listEpochs, pageRuns, type EpochRow } from '../../training/training-runs.js';
import type { Builder } from '../builder.js';
import type { GraphQLContext } from '../context.js';
import { connectionOf } from '../connection.js';
import { decodeReference } from '../references.js';
import type { DatasetNode } from './dataset.js';
import type { Enums } from './enums.js';
import type { ModelNode } from './model.js';

function defineConfiguration(builder: Builder, enums: Enums) {
  return builder.objectRef<TrainingConfiguration>('TrainingConfiguration').implement({
    fields: (t) => ({
      weights: t.exposeString('backboneId', { description: 'Name of the backbone weights.' }),
      head: t.expose('head', { type: enums.Head }),
      optimizer: t.expose('optimizer', { type: enums.Optimizer }),
      device: t.expose('device', { type: enums.DeviceKind }),
      learningRate: t.exposeFloat('learningRate'),
      batchSize: t.exposeInt('batchSize'),
      epochs: t.exposeInt('epochs'),
      seed: t.exposeInt('seed'),
      validationFraction: t.exposeFloat('validationFraction'),
      testFraction: t.exposeFloat('testFraction'),
      preprocessing: t.expose('recipe', { type: enums.Recipe }),
      augmentationViews: t.exposeInt('augmentationViews'),
    }),
  });
}

function defineEpoch(builder: Builder) {
  return builder.objectRef<EpochRow>('Epoch').implement({
    description: 'Losses are mean cross-entropy per picture, accuracies 0 to 1.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'From 1.' }),
      trainLoss: t.exposeFloat('trainLoss'),
      trainAccuracy: t.exposeFloat('trainAccuracy'),
      validationLoss: t.exposeFloat('validationLoss', { nullable: true }),
      validationAccuracy: t.exposeFloat('validationAccuracy', { nullable: true }),
    }),
  });
}

function defineRunError(builder: Builder) {
  return builder.objectRef<SerializedError>('RunError').implement({
    fields: (t) => ({
      code: t.exposeString('code', { description: 'One of docs/errors.md.' }),
      message: t.exposeString('message'),
      advice: t.string({ resolve: ({ code }) => ERRORS[code].advice }),
    }),
  });
}

function defineInput(builder: Builder, enums: Enums) {
  const defaults = TRAINING_DEFAULTS;
  return builder.inputType('TrainModelInput', {
    fields: (t) => ({
      dataset: t.string({ required: true, description: 'Id or name of a data set.' }),
      name: t.string({ description: 'Name of the run and of its model; made up where absent.' }),
      backbone: t.field({
        type: enums.Architecture,
        description: 'Network with its default weights; RESNET18 where absent.',
      }),
      weights: t.string({
        description: `Name of backbone weights instead of \`backbone\`: ${CATALOG.map(({ id }) => id).join(', ')}, or imported ones.`,
      }),
      head: t.field({ type: enums.Head, defaultValue: defaults.head }),
      optimizer: t.field({ type: enums.Optimizer, defaultValue: defaults.optimizer }),
      device: t.field({
        type: enums.DeviceKind,
        defaultValue: defaults.device,
        description: 'A GPU run is refused where no GPU engine is, never run on the CPU.',
      }),
      learningRate: t.float({ defaultValue: defaults.learningRate }),
      batchSize: t.int({ defaultValue: defaults.batchSize }),
      epochs: t.int({ defaultValue: defaults.epochs }),
      seed: t.int({
        defaultValue: defaults.seed,
        description: 'Seeds split, initial head, order, dropout and views.',
      }),
      validationFraction: t.float({
        defaultValue: defaults.validationFraction,
        description: '0 to 0.5 of the training pictures.',
      }),
      testFraction: t.float({
        defaultValue: defaults.testFraction,
        description: '0 to 0.5; used where the data set has no test split of its own.',
      }),
      preprocessing: t.field({ type: enums.Recipe, defaultValue: defaults.recipe }),
      augmentationViews: t.int({
        defaultValue: defaults.augmentationViews,
        description: 'Views per training picture; 1 trains on the pictures as they are.',
      }),
    }),
  });
}

export function defineTrainingRun(
  builder: Builder,
  enums: Enums,
  Dataset: DatasetNode,
  Model: ModelNode,
): void {
  const Configuration = defineConfiguration(builder, enums);
  const Epoch = defineEpoch(builder);
  const RunError = defineRunError(builder);
  const TrainModelInput = defineInput(builder, enums);
  const TrainingRun = builder.loadableNodeRef('TrainingRun', {
    id: { resolve: ({ id }) => id },
    load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, trainingRuns, ids),
  });
  TrainingRun.implement({
    description: 'One training: QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED.',
    fields: (t) => ({
      name: t.exposeString('name'),
      state: t.expose('state', { type: enums.RunState }),
      stage: t.expose('stage', { type: enums.RunStage }),
      stageProgress: t.exposeFloat('stageProgress', {
        description: 'Share of the stage that is done, 0 to 1.',
      }),
      attempt: t.exposeInt('attempt'),
      engine: t.expose('engine', { type: enums.Engine, nullable: true, description: 'Trains the head.' }),
      featureEngine: t.expose('featureEngine', {
        type: enums.Engine,
        nullable: true,
        description: 'Computes the features.',
      }),
      configuration: t.field({ type: Configuration, resolve: ({ configuration }) => configuration }),
      error: t.field({ type: RunError, nullable: true, resolve: ({ error }) => error }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
      dataset: t.field({ type: Dataset, resolve: ({ datasetId }) => datasetId }),
      model: t.loadable({
        type: Model,
        nullable: true,
        description: 'The model that it made, once it has succeeded.',
        load: (ids: string[], { app }) => findModelsOfRuns(app.database, ids),
        resolve: ({ id }) => id,
      }),
      epochs: t.loadableGroup({
        type: Epoch,
        load: (ids: string[], { app }) => listEpochs(app.database, ids),
        group: ({ runId }) => runId,
        resolve: ({ id }) => id,
      }),
    }),
  });

  builder.mutationFields((t) => ({
    trainModel: t.field({
      type: TrainingRun,
      description: 'Queues a training run and returns it at once; ask `trainingRun` for its progress.',
      args: { input: t.arg({ type: TrainModelInput, required: true }) },
      resolve: (_root, { input }, { app }) => {
        const { backbone, weights, preprocessing, dataset, name, ...rest } = dropNulls(input);
        return startTraining(app, {
          ...rest,
          dataset: decodeReference('Dataset', dataset ?? ''),
          name,
          recipe: preprocessing,
          architecture: backbone,
          backboneId: weights,
        });
      },
    }),
    cancelTraining: t.field({
      type: TrainingRun,
      description: 'A queued run never starts, a running one stops at its next batch.',
      args: { id: t.arg.string({ required: true }) },
      resolve: (_root, { id }, { app }) => cancelTraining(app, decodeReference('TrainingRun', id)),
    }),
  }));
  builder.queryFields((t) => ({
    trainingRun: t.field({
      type: TrainingRun,
      nullable: true,
      args: { id: t.arg.string({ required: true }) },
      resolve: (_root, { id }, { app }) => findRun(app.database, decodeReference('TrainingRun', id)),
    }),
    trainingRuns: t.connection({
      type: TrainingRun,
      description: 'Newest first.',
      args: { state: t.arg({ type: enums.RunState }) },
      resolve: (_root, { state, ...args }, { app }) =>
        connectionOf(args, (page) => pageRuns(app.database, state == null ? {} : { state }, page)),
    }),
  }));
}

/** GraphQL spells an absent input field null or leaves it out; further in it is undefined. */
function dropNulls<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], null> | undefined } {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, value ?? undefined])) as {
    [K in keyof T]: Exclude<T[K], null> | undefined;
  };
}
