import { findModelsOfRuns } from '../../../registry/models.js';
import { findHoldoutsOfRuns } from '../../../registry/results.js';
import { loadSweepResults } from '../../../reports/plots/find-plot.js';
import { sweepPlots } from '../../../reports/plots/table-plots.js';
import { cancelSweep } from '../../../sweeps/cancel-sweep.js';
import { startSweep } from '../../../sweeps/start-sweep.js';
import { sweepStateOf } from '../../../sweeps/sweep-state.js';
import {
  countParts,
  findSweep,
  listParts,
  pageSweeps,
  type SweepCounts,
  type SweepPartRow,
} from '../../../sweeps/sweeps.js';
import type { Builder } from '../../builder.js';
import { connectionNames, connectionOf } from '../../connection.js';
import { dropNulls } from '../../drop-nulls.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import type { Enums } from '../enums.js';
import type { PlotRef } from '../plot.js';
import { defineTrainSweepInput } from './train-sweep-input.js';
import type { TrainingRefs } from './training-run.js';

function defineCounts(builder: Builder) {
  return builder.objectRef<SweepCounts>('SweepCounts').implement({
    description: 'How many parts of a sweep are in which state.',
    fields: (t) => ({
      total: t.exposeInt('total', { description: 'Combinations of the grid.' }),
      queued: t.exposeInt('queued', { description: 'Wait for a worker.' }),
      running: t.exposeInt('running', { description: 'In training.' }),
      succeeded: t.exposeInt('succeeded', { description: 'Have a model.' }),
      failed: t.exposeInt('failed', { description: 'Ended with an error.' }),
      cancelled: t.exposeInt('cancelled', { description: 'Were stopped.' }),
      refused: t.exposeInt('refused', { description: 'Refused; each gives the reason.' }),
      reused: t.exposeInt('reused', { description: 'Answered by an earlier run, in any state.' }),
    }),
  });
}

/** Types that a sweep shares with its progress. */
export interface SweepRefs {
  Counts: ReturnType<typeof defineCounts>;
}

export function defineSweep(
  builder: Builder,
  enums: Enums,
  { Sweep, Dataset, TrainingRun, Model, Result }: Nodes,
  { Configuration, RunError }: Pick<TrainingRefs, 'Configuration' | 'RunError'>,
  Plot: PlotRef,
): SweepRefs {
  const Counts = defineCounts(builder);
  const Part = builder.objectRef<SweepPartRow>('SweepPart').implement({
    description: 'One combination of the grid, with the run that trains it or the reason for its refusal.',
    fields: (t) => ({
      number: t.exposeInt('number', {
        description: 'From 1; in the default grid the model_id of the published table.',
      }),
      configuration: t.expose('configuration', { type: Configuration, description: 'What it asks for.' }),
      run: t.field({
        type: TrainingRun,
        nullable: true,
        description: 'What trains it; null where it was refused.',
        resolve: ({ runId }) => runId,
      }),
      isReused: t.exposeBoolean('isReused', {
        description: 'Whether an earlier run answers this part; gelql queued nothing.',
      }),
      refusal: t.expose('refusal', {
        type: RunError,
        nullable: true,
        description: 'Why it cannot be run, and what to do; null unless it was refused.',
      }),
      model: t.loadable({
        type: Model,
        nullable: true,
        description: 'The model that it made, once it has.',
        load: (runIds: string[], { app }) => findModelsOfRuns(app.database, runIds),
        resolve: ({ runId }) => runId,
      }),
      result: t.loadable({
        type: Result,
        nullable: true,
        description: "The model's evaluation on pictures that it never saw, once it is there.",
        load: (runIds: string[], { app }) => findHoldoutsOfRuns(app.database, runIds),
        resolve: ({ runId }) => runId,
      }),
    }),
  });
  Sweep.implement({
    description: 'A grid of training runs.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Unique name; arguments accept it in place of the id.' }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
      dataset: t.field({
        type: Dataset,
        description: 'What its runs train on.',
        resolve: ({ datasetId }) => datasetId,
      }),
      state: t.loadable({
        type: enums.SweepState,
        description: 'Follows from the states of its parts.',
        load: async (ids: string[], { app }) => (await countParts(app.database, ids)).map(sweepStateOf),
        resolve: ({ id }) => id,
      }),
      counts: t.loadable({
        type: Counts,
        description: 'How many parts are in which state.',
        load: (ids: string[], { app }) => countParts(app.database, ids),
        resolve: ({ id }) => id,
      }),
      plots: t.field({
        type: [Plot],
        description: 'Accuracy, metrics and training time of its models, as far as they are there.',
        resolve: (sweep, _args, { app }) => sweepPlots(sweep, () => loadSweepResults(app.database, sweep.id)),
      }),
      reportUrl: t.string({
        description: 'Address of the report on this server: one self-contained page.',
        resolve: ({ id }) => `/reports/sweeps/${id}.html`,
      }),
      parts: t.loadableGroup({
        type: Part,
        description: 'All combinations, by number; refused ones give the reason.',
        load: (ids: string[], { app }) => listParts(app.database, ids),
        group: ({ sweepId }) => sweepId,
        resolve: ({ id }) => id,
      }),
    }),
  });

  const TrainSweepInput = defineTrainSweepInput(builder, enums);
  builder.mutationFields((t) => ({
    trainSweep: t.field({
      type: Sweep,
      description:
        'Queues a training run for every part of a grid that can be run, and returns at once; `sweepProgress` says how far it is.',
      args: { input: t.arg({ type: TrainSweepInput, required: true, description: 'The grid.' }) },
      resolve: (_root, { input }, { app }) => {
        const { backbones: architectures, weights: backboneIds, dataset, ...grid } = dropNulls(input);
        return startSweep(app, {
          ...grid,
          architectures,
          backboneIds,
          dataset: decodeReference('Dataset', dataset ?? ''),
        });
      },
    }),
    cancelSweep: t.field({
      type: Sweep,
      description:
        'Stops what is left of the runs that a sweep has added: queued ones never start, running ones stop at their next batch. Runs that were there before (`isReused`) go on.',
      args: { id: t.arg.id({ required: true, description: 'Id or name of the sweep.' }) },
      resolve: (_root, { id }, { app }) => cancelSweep(app, decodeReference('Sweep', id)),
    }),
  }));
  builder.queryFields((t) => ({
    sweep: t.field({
      type: Sweep,
      nullable: true,
      description: 'One sweep; null where there is none of that id or name.',
      args: { reference: t.arg.string({ required: true, description: 'Id or name.' }) },
      resolve: (_root, { reference }, { app }) =>
        findSweep(app.database, decodeReference('Sweep', reference)),
    }),
    sweeps: t.connection(
      {
        type: Sweep,
        description: 'All sweeps, newest first.',
        resolve: (_root, args, { app }) => connectionOf(args, (page) => pageSweeps(app.database, page)),
      },
      ...connectionNames('Sweep'),
    ),
  }));
  return { Counts };
}
