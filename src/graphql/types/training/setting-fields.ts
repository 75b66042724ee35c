import type { InputFieldRef } from '@pothos/core';
import {
  formatDefaults,
  formatRange,
  pluralOf,
  TRAINING_SETTINGS,
  type AxisName,
  type Plural,
  type SettingName,
  type SettingValue,
  type TrainingSetting,
} from '../../../words/training-settings.js';
import type { Builder, SchemaShape } from '../../builder.js';
import type { Enums } from '../enums.js';

type FieldBuilder = Parameters<Parameters<Builder['inputType']>[1]['fields']>[0];
type Field<Value> = InputFieldRef<SchemaShape, Value | null | undefined>;

/** An input field for each setting that takes one value. @param choosesDefaults where `defaults` stands beside them */
export function settingInputs<Name extends SettingName>(
  t: FieldBuilder,
  enums: Enums,
  names: readonly Name[],
  { choosesDefaults }: { choosesDefaults: boolean },
): { [K in Name]: Field<NonNullable<SettingValue<K>>> } {
  const fields = names.map((name) => {
    const setting = TRAINING_SETTINGS[name];
    const chosen = choosesDefaults ? formatDefaults(setting) : null;
    const isShown = setting.default !== 'none' && setting.default !== 'implied' && chosen === null;
    const options = {
      type: typeOf(enums, setting),
      description: `${describeSetting(setting)}${chosen === null ? '' : ` Default: ${chosen}.`}`,
      ...(isShown ? { defaultValue: setting.default } : {}),
    };
    return [name, t.field(options)];
  });
  // The row of the table decides about the type of the field, as it does about the value's.
  return Object.fromEntries(fields) as { [K in Name]: Field<NonNullable<SettingValue<K>>> };
}

/** An input field for each setting that a grid varies over a list. */
export function listInputs<Name extends AxisName>(
  t: FieldBuilder,
  enums: Enums,
  names: readonly Name[],
): { [K in Name as Plural<K>]: Field<SettingValue<K>[]> } {
  const fields = names.map((name) => {
    const setting: TrainingSetting = TRAINING_SETTINGS[name];
    const absent = setting.kind === 'choice' && setting.axis === 'all' ? 'all' : String(setting.default);
    const description = `${describeSetting(setting)} Default: ${absent}.`;
    return [pluralOf(name), t.field({ type: [typeOf(enums, setting)], description })];
  });
  return Object.fromEntries(fields) as { [K in Name as Plural<K>]: Field<SettingValue<K>[]> };
}

/** GraphQL's type of a setting's value. */
export function typeOf(enums: Enums, setting: TrainingSetting) {
  if (setting.kind !== 'choice') return setting.kind === 'integer' ? ('Int' as const) : ('Float' as const);
  return enums[setting.enumName];
}

/** For example `Pictures per training step. 1 to 4096.` */
export function describeSetting(setting: TrainingSetting): string {
  const range = formatRange(setting);
  if (range === null) return setting.description;
  return `${setting.description} ${range.charAt(0).toUpperCase()}${range.slice(1)}.`;
}
