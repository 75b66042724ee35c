import { CATALOG } from '../../../networks/weights/catalog.js';
import { PUBLISHED_CONFIGURATION } from '../../../runs/resolve-configuration.js';
import { SETTING_NAMES } from '../../../words/training-settings.js';
import type { Builder } from '../../builder.js';
import type { Enums } from '../enums.js';
import { settingInputs } from './setting-fields.js';

/** What `trainModel` takes; its ranges are checked by src/runs/resolve-configuration.ts. */
export function defineTrainModelInput(builder: Builder, enums: Enums) {
  return builder.inputType('TrainModelInput', {
    description: 'One training. `defaults` gives the value of every omitted field.',
    fields: (t) => ({
      dataset: t.string({ required: true, description: 'Id or name of a data set.' }),
      name: t.string({ description: 'Name of the run and of its model; generated if absent.' }),
      backbone: t.field({
        type: enums.Architecture,
        description: 'Network with its default weights; RESNET18 where absent.',
      }),
      weights: t.string({
        description: `Name of backbone weights instead of \`backbone\`: ${CATALOG.map(({ id }) => id).join(', ')}, or imported ones.`,
      }),
      device: t.field({
        type: enums.DeviceChoice,
        defaultValue: PUBLISHED_CONFIGURATION.device,
        description:
          'AUTO is settled when the run is queued; its configuration tells the device. A run for a GPU is refused where no GPU engine is there; it never falls back to the CPU.',
      }),
      defaults: t.field({
        type: enums.TrainingDefaults,
        defaultValue: 'RECOMMENDED' as const,
        description: 'Where the values of what is left out come from.',
      }),
      ...settingInputs(t, enums, SETTING_NAMES, { choosesDefaults: true }),
      force: t.boolean({
        defaultValue: false,
        description: 'Trains even if an earlier run did the same.',
      }),
    }),
  });
}
