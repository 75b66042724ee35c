import { followRun } from '../../../runs/follow-run.js';
import type { TrainingEvent } from '../../../runs/run-progress.js';
import type { Builder } from '../../builder.js';
import { decodeReference } from '../../references.js';
import type { Enums } from '../enums.js';
import type { TrainingRefs } from './training-run.js';

export function defineTrainingProgress(
  builder: Builder,
  enums: Enums,
  { Epoch, RunError }: Pick<TrainingRefs, 'Epoch' | 'RunError'>,
): void {
  const TrainingEventRef = builder.objectRef<TrainingEvent>('TrainingEvent').implement({
    description: 'One thing that happened to a run, and how far the run was then.',
    fields: (t) => ({
      sequence: t.exposeInt('sequence', { description: 'From 1, without gaps.' }),
      attempt: t.exposeInt('attempt', { description: 'The attempt that it belongs to; 0 before the first.' }),
      kind: t.expose('kind', { type: enums.RunEventKind, description: 'What it is about.' }),
      state: t.expose('state', { type: enums.RunState, description: 'Of the run after it.' }),
      stage: t.expose('stage', { type: enums.RunStage, description: 'Of the run after it.' }),
      stageProgress: t.exposeFloat('stageProgress', {
        description: 'Share of the stage that is done, 0 to 1.',
      }),
      secondsLeft: t.exposeFloat('secondsLeft', {
        nullable: true,
        description:
          'Estimate for the whole run: the rest of the stage at the pace that it has had so far, and the later stages as their epochs, batches and head let expect. Null while it waits and until its features have a pace; 0 once it has ended.',
      }),
      picturesPerSecond: t.exposeFloat('picturesPerSecond', {
        nullable: true,
        description: 'Of the latest steps of a training inside a network; null at other times.',
      }),
      epoch: t.field({
        type: Epoch,
        nullable: true,
        description: 'The epoch that is done; null unless the kind is EPOCH.',
        resolve: ({ epoch, runId }) => epoch && { ...epoch, runId },
      }),
      error: t.expose('error', {
        type: RunError,
        nullable: true,
        description: 'Why the run failed; null unless it entered FAILED.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    }),
  });

  builder.subscriptionField('trainingProgress', (t) =>
    t.field({
      type: TrainingEventRef,
      description:
        'The events of a run after `afterSequence`, then live events to its end, wherever it is trained. A client that reconnects with the last sequence number it saw misses nothing and repeats nothing.',
      args: {
        run: t.arg.id({ required: true, description: 'Id of the run.' }),
        afterSequence: t.arg.int({
          description: 'Sequence number of the last event seen; from the first where absent.',
        }),
      },
      subscribe: (_root, { run, afterSequence }, { app }) =>
        followRun(app, decodeReference('TrainingRun', run), afterSequence ?? 0),
      resolve: (event) => event,
    }),
  );
}
