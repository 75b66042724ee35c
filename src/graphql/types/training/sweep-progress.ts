import { followSweep, type PartProgress, type SweepProgress } from '../../../sweeps/follow-sweep.js';
import type { Builder } from '../../builder.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import type { Enums } from '../enums.js';
import type { SweepRefs } from './sweep.js';

export function defineSweepProgress(
  builder: Builder,
  enums: Enums,
  { Sweep, TrainingRun }: Nodes,
  { Counts }: SweepRefs,
): void {
  const Part = builder.objectRef<PartProgress>('SweepPartProgress').implement({
    description: 'How far a part of a sweep is.',
    fields: (t) => ({
      number: t.exposeInt('number', { description: 'Of the part.' }),
      run: t.field({ type: TrainingRun, description: 'What trains it.', resolve: ({ runId }) => runId }),
      name: t.exposeString('runName', { description: 'Of the run.' }),
      state: t.expose('state', { type: enums.RunState, description: 'Of the run.' }),
      stage: t.expose('stage', { type: enums.RunStage, description: 'What it does, or did last.' }),
      stageProgress: t.exposeFloat('stageProgress', {
        description: 'Share of the stage that is done, 0 to 1.',
      }),
      secondsLeft: t.exposeFloat('secondsLeft', {
        nullable: true,
        description: 'As in `trainingProgress`.',
      }),
    }),
  });
  const Progress = builder.objectRef<SweepProgress>('SweepProgress').implement({
    description: 'How far a sweep is; complete by itself.',
    fields: (t) => ({
      sweep: t.field({ type: Sweep, description: 'Which sweep.', resolve: ({ sweep }) => sweep }),
      state: t.expose('state', { type: enums.SweepState, description: 'Follows from those of its parts.' }),
      counts: t.expose('counts', { type: Counts, description: 'How many parts are in which state.' }),
      secondsLeft: t.exposeFloat('secondsLeft', {
        nullable: true,
        description:
          'Estimate for the whole sweep while as many parts run at once as do now: what waits takes as long as what has ended took on average, where the first part of a backbone, which computes its features, counts apart. Null until there is a part to go by; 0 when nothing is left.',
      }),
      running: t.field({
        type: [Part],
        description: 'The parts that a worker has.',
        resolve: ({ parts }) => parts.filter(({ state }) => state === 'RUNNING'),
      }),
    }),
  });
  builder.subscriptionField('sweepProgress', (t) =>
    t.field({
      type: Progress,
      description:
        'Progress of a sweep: now, and after every change until its end. Each report is complete, so a client that reconnects needs no sequence number. At most five a second.',
      args: { sweep: t.arg.id({ required: true, description: 'Id or name of the sweep.' }) },
      subscribe: (_root, { sweep }, { app }) => followSweep(app, decodeReference('Sweep', sweep)),
      resolve: (progress) => progress,
    }),
  );
}
