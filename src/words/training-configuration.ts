import { z } from 'zod';
import { DEVICES, type Device } from './device.js';
import { rangeOf, SETTING_ROWS, type SettingName, type SettingValue } from './training-settings.js';

/**
 * What one training run is asked to do, with every default filled in; stored with the run, part of the identity of the
 * model. `backboneLearningRate` is null where the head alone is trained, `folds` and `repeats` without cross-validation.
 */
export type TrainingConfiguration = { backboneId: string; device: Device } & {
  [Name in SettingName]: SettingValue<Name>;
};

/** A configuration that came from outside, such as that of an exported model. */
export const configurationSchema = z.object({
  backboneId: z.string().min(1),
  device: z.enum(DEVICES),
  ...Object.fromEntries(
    SETTING_ROWS.map(([name, setting]) => {
      const range = rangeOf(setting);
      return [name, setting.default === 'none' ? range.nullable() : range];
    }),
  ),
}) as unknown as z.ZodType<TrainingConfiguration>;

/** Whether a run trains inside the backbone. */
export function trainsBackbone({ trainable }: Pick<TrainingConfiguration, 'trainable'>): boolean {
  return trainable !== 'HEAD';
}
