import { Option, type Command } from 'commander';
import {
  AXIS_NAMES,
  formatRange,
  formatRecommended,
  pluralOf,
  TRAINING_SETTINGS,
  type AxisName,
  type SettingName,
  type TrainingSetting,
} from '../../words/training-settings.js';
import type { GridRequest } from '../../sweeps/sweep-grid.js';
import type { TrainingRequest } from '../../runs/resolve-configuration.js';
import { listOf, oneOf } from '../parse/parse-list.js';
import { trainingSetting } from '../parse/parse-number.js';

/** What commander has read, by option. */
export type ReadOptions = Record<string, unknown>;

/** An option of one value for each setting, named by its flag. @param choosesDefaults beside `--defaults` */
export function addSettingOptions(
  command: Command,
  names: readonly SettingName[],
  { choosesDefaults }: { choosesDefaults: boolean },
): Command {
  for (const name of names) {
    const setting: TrainingSetting = TRAINING_SETTINGS[name];
    const recommended = choosesDefaults ? formatRecommended(setting) : null;
    const note = recommended === null ? '' : `; recommended: ${spell(recommended)}`;
    const option = new Option(`--${setting.flag} <${placeholder(setting)}>`, `${explain(setting)}${note}`);
    if (setting.kind === 'choice') option.choices(setting.values.map(spell)).default(spell(setting.default));
    else option.argParser(trainingSetting(name));
    if (typeof setting.default === 'number') option.default(setting.default);
    command.addOption(option);
  }
  return command;
}

/** An option of a list for each setting that a grid varies, named by the plural of its flag. */
export function addListOptions(command: Command, names: readonly AxisName[] = AXIS_NAMES): Command {
  for (const name of names) {
    const setting: TrainingSetting = TRAINING_SETTINGS[name];
    const isWhole = setting.kind === 'choice' && setting.axis === 'all';
    const preset = isWhole ? 'all' : spell(String(setting.default));
    const option = new Option(
      `--${pluralOf(setting.flag)} <list>`,
      `${explain(setting)} (default: ${preset})`,
    );
    if (setting.kind === 'choice') option.argParser(listOf(oneOf(meanings(setting.values))));
    else option.argParser(listOf(trainingSetting(name)));
    command.addOption(option);
  }
  return command;
}

/** The settings among the options, as resolveConfiguration takes them. */
export function readSettings<Name extends SettingName>(
  options: ReadOptions,
  names: readonly Name[],
): Pick<TrainingRequest, Name> {
  const settings = names.map((name) => {
    const setting: TrainingSetting = TRAINING_SETTINGS[name];
    const value = options[setting.flag];
    return [name, setting.kind === 'choice' ? meanings(setting.values)[String(value)] : value];
  });
  return Object.fromEntries(settings) as Pick<TrainingRequest, Name>;
}

/** The lists among the options, as resolveGrid takes them. */
export function readLists(options: ReadOptions): GridRequest {
  const lists = AXIS_NAMES.map((name) => [pluralOf(name), options[pluralOf(TRAINING_SETTINGS[name].flag)]]);
  return Object.fromEntries(lists) as GridRequest;
}

/** Closed lists are written in lower case on the command line. */
function spell(value: string): string {
  return value.toLowerCase();
}

function meanings(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value) => [spell(value), value]));
}

function placeholder({ kind }: TrainingSetting): string {
  return kind === 'choice' ? 'name' : 'number';
}

/** The description as the end of a line of `--help`: no capital, no full stop, the range behind it. */
function explain(setting: TrainingSetting): string {
  const { description } = setting;
  const range = formatRange(setting);
  const text = `${description.charAt(0).toLowerCase()}${description.slice(1).replace(/\.$/, '')}`;
  const values = setting.kind === 'choice' ? null : range;
  return values === null ? text : `${text}; ${values}`;
}
