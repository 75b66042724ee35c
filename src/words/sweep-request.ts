import type { DeviceChoice } from './device.js';
import type { TrainingConfiguration } from './training-configuration.js';
import type { AxisName, Plural, SettingValue, SharedName } from './training-settings.js';

/** The lists of a grid: every combination of their values is one part. */
export type GridLists = { devices: DeviceChoice[]; backboneIds: string[] } & {
  [Name in AxisName as Plural<Name>]: SettingValue<Name>[];
};

/** A grid with every default filled in; the settings that are no list hold for all parts. */
export type SweepRequest = GridLists & Pick<TrainingConfiguration, SharedName>;
