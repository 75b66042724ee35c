import { CATALOG } from '../../../networks/weights/catalog.js';
import { MAX_SWEEP_PARTS } from '../../../sweeps/sweep-grid.js';
import { AXIS_NAMES, SHARED_NAMES } from '../../../words/training-settings.js';
import type { Builder } from '../../builder.js';
import type { Enums } from '../enums.js';
import { listInputs, settingInputs } from './setting-fields.js';

/** What `trainSweep` takes; checked by src/sweeps/sweep-grid.ts. */
export function defineTrainSweepInput(builder: Builder, enums: Enums) {
  return builder.inputType('TrainSweepInput', {
    description: `A grid: every combination of the lists is one part, at most ${MAX_SWEEP_PARTS}. What is left out has the values of the published experiment, so that a data set alone gives its 24 models, numbered as there.`,
    fields: (t) => ({
      dataset: t.string({ required: true, description: 'Id or name of a data set.' }),
      name: t.string({
        description:
          'Made up where absent. The name of a sweep that has asked for the same goes on with it: what failed, was cancelled or was refused is tried again.',
      }),
      backbones: t.field({
        type: [enums.Architecture],
        description:
          "Networks with their default weights; the published experiment's three where `weights` is absent too.",
      }),
      weights: t.stringList({
        description: `Names of backbone weights, after those of \`backbones\`: ${CATALOG.map(({ id }) => id).join(', ')}, or imported ones.`,
      }),
      devices: t.field({
        type: [enums.DeviceChoice],
        description:
          'CPU and GPU where absent. AUTO is settled for each part. A part for a GPU is refused where no worker has one.',
      }),
      ...listInputs(t, enums, AXIS_NAMES),
      ...settingInputs(t, enums, SHARED_NAMES, { choosesDefaults: false }),
      force: t.boolean({
        defaultValue: false,
        description: 'Trains every part even if earlier runs did the same.',
      }),
    }),
  });
}
