import type { EpochProgress } from '../../../words/run-event.js';
import { ERRORS, type SerializedError } from '../../../errors.js';
import { cancelTraining } from '../../../runs/cancel-training.js';
import { startTraining } from '../../../training/start-training.js';
import { findModelsOfRuns } from '../../../registry/models.js';
import { findRun, listEpochs, pageRuns, type EpochRow } from '../../../runs/training-runs.js';
import type { Builder } from '../../builder.js';
import { connectionNames, connectionOf } from '../../connection.js';
import { dropNulls } from '../../drop-nulls.js';
import type { Nodes } from '../../nodes.js';
import { epochsLoader } from '../../plot-loaders.js';
import { runPlots } from '../../../reports/plots/run-plots.js';
import { decodeReference } from '../../references.js';
import type { Enums } from '../enums.js';
import type { PlotRef } from '../plot.js';
import { defineConfiguration } from './training-configuration.js';
import { defineTrainModelInput } from './train-model-input.js';

function defineEpoch(builder: Builder) {
  return builder.objectRef<EpochProgress & Pick<EpochRow, 'runId'>>('Epoch').implement({
    description:
      'One pass over the training pictures. Losses are cross-entropy per picture, accuracies 0 to 1.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'From 1.' }),
      trainLoss: t.exposeFloat('trainLoss', { description: 'Mean over the epoch, dropout included.' }),
      trainAccuracy: t.exposeFloat('trainAccuracy', { description: 'Mean over the epoch.' }),
      validationLoss: t.exposeFloat('validationLoss', {
        nullable: true,
        description: 'After the epoch; null where nothing was kept for validation.',
      }),
      validationAccuracy: t.exposeFloat('validationAccuracy', {
        nullable: true,
        description: 'After the epoch; null where nothing was kept for validation.',
      }),
    }),
  });
}

function defineRunError(builder: Builder, enums: Enums) {
  return builder.objectRef<SerializedError>('RunError').implement({
    description: 'Why a run failed.',
    fields: (t) => ({
      code: t.expose('code', { type: enums.ErrorCode, description: 'From the closed list.' }),
      message: t.exposeString('message', { description: 'What happened.' }),
      advice: t.string({ description: 'What to do about it.', resolve: ({ code }) => ERRORS[code].advice }),
    }),
  });
}

/** Types that a run shares with what is made of runs. */
export interface TrainingRefs {
  Configuration: ReturnType<typeof defineConfiguration>;
  Epoch: ReturnType<typeof defineEpoch>;
  RunError: ReturnType<typeof defineRunError>;
}

export function defineTrainingRun(
  builder: Builder,
  enums: Enums,
  { TrainingRun, Dataset, Model }: Nodes,
  Plot: PlotRef,
): TrainingRefs {
  const Configuration = defineConfiguration(builder, enums);
  const Epoch = defineEpoch(builder);
  const RunError = defineRunError(builder, enums);
  const TrainModelInput = defineTrainModelInput(builder, enums);
  TrainingRun.implement({
    description: 'One training: QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its model gets this name.' }),
      state: t.expose('state', { type: enums.RunState, description: 'How far it is.' }),
      stage: t.expose('stage', { type: enums.RunStage, description: 'What it does, or did last.' }),
      stageProgress: t.exposeFloat('stageProgress', {
        description: 'Share of the stage that is done, 0 to 1.',
      }),
      attempt: t.exposeInt('attempt', {
        description: 'From 1 once it runs; more after a worker died, at most GELQL_MAX_ATTEMPTS.',
      }),
      engine: t.expose('engine', {
        type: enums.Engine,
        nullable: true,
        description: 'Trains; null until it runs.',
      }),
      featureEngine: t.expose('featureEngine', {
        type: enums.Engine,
        nullable: true,
        description: 'Computes the features; null until it runs.',
      }),
      fingerprint: t.exposeString('fingerprint', {
        description:
          'SHA-256 of pictures, configuration, backbone and code: runs that share it on the same engines have the same head.',
      }),
      isReused: t.boolean({
        nullable: true,
        description:
          'In the answer of `trainModel`: the run was there before and nothing was queued. Null elsewhere.',
        resolve: (run) => ('isReused' in run && typeof run.isReused === 'boolean' ? run.isReused : null),
      }),
      configuration: t.field({
        type: Configuration,
        description: 'What it was asked to do.',
        resolve: ({ configuration }) => configuration,
      }),
      keptEpoch: t.exposeInt('keptEpoch', {
        nullable: true,
        description: 'The epoch whose parameters its model has; null until it has succeeded.',
      }),
      stopReason: t.expose('stopReason', {
        type: enums.StopReason,
        nullable: true,
        description: 'Why the training ended; null until it has succeeded.',
      }),
      error: t.field({
        type: RunError,
        nullable: true,
        description: 'Why it failed; null unless it did.',
        resolve: ({ error }) => error,
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was queued.' }),
      startedAt: t.expose('startedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Of the last attempt.',
      }),
      finishedAt: t.expose('finishedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Null until it has ended.',
      }),
      plots: t.field({
        type: [Plot],
        description: 'Loss and accuracy by epoch, as far as they are there.',
        resolve: (run, _args, context) => runPlots(run, () => epochsLoader(context).load(run.id)),
      }),
      dataset: t.field({
        type: Dataset,
        description: 'What it trains on.',
        resolve: ({ datasetId }) => datasetId,
      }),
      model: t.loadable({
        type: Model,
        nullable: true,
        description: 'The model that it made, once it has succeeded.',
        load: (ids: string[], { app }) => findModelsOfRuns(app.database, ids),
        resolve: ({ id }) => id,
      }),
      epochs: t.loadableGroup({
        type: Epoch,
        description: 'Stored as they come, in order.',
        load: (ids: string[], { app }) => listEpochs(app.database, ids),
        group: ({ runId }) => runId,
        resolve: ({ id }) => id,
      }),
    }),
  });

  builder.mutationFields((t) => ({
    trainModel: t.field({
      type: TrainingRun,
      description:
        'Queues a training run and returns it at once; `trainingProgress` says how far it is. Where a run has trained, or will, the same configuration on the same pictures with the same code and engine, that run is the answer (`isReused`).',
      args: {
        input: t.arg({ type: TrainModelInput, required: true, description: 'What to train.' }),
      },
      resolve: async (_root, { input }, { app }) => {
        const { backbone: architecture, weights: backboneId, dataset, ...settings } = dropNulls(input);
        const { run, isReused } = await startTraining(app, {
          ...settings,
          architecture,
          backboneId,
          dataset: decodeReference('Dataset', dataset ?? ''),
        });
        return { ...run, isReused };
      },
    }),
    cancelTraining: t.field({
      type: TrainingRun,
      description: 'Stops a run: a queued one never starts, a running one stops at its next batch.',
      args: { id: t.arg.id({ required: true, description: 'Id of the run.' }) },
      resolve: (_root, { id }, { app }) => cancelTraining(app, decodeReference('TrainingRun', id)),
    }),
  }));
  builder.queryFields((t) => ({
    trainingRun: t.field({
      type: TrainingRun,
      nullable: true,
      description: 'One run; null where there is none of that id.',
      args: { id: t.arg.id({ required: true, description: 'Id of the run.' }) },
      resolve: (_root, { id }, { app }) => findRun(app.database, decodeReference('TrainingRun', id)),
    }),
    trainingRuns: t.connection(
      {
        type: TrainingRun,
        description: 'All runs, newest first.',
        args: { state: t.arg({ type: enums.RunState, description: 'Only those in this state.' }) },
        resolve: (_root, { state, ...args }, { app }) =>
          connectionOf(args, (page) => pageRuns(app.database, state == null ? {} : { state }, page)),
      },
      ...connectionNames('TrainingRun'),
    ),
  }));
  return { Configuration, Epoch, RunError };
}
