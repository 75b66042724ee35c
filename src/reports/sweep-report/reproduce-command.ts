import type { SweepRequest } from '../../words/sweep-request.js';
import { isAxis, pluralOf, SETTING_ROWS } from '../../words/training-settings.js';

/** The shell command that asks for the same grid again: runs that did the same already are taken, not repeated. */
export function reproduceCommand(request: SweepRequest, dataset: string): string {
  const options: [string, OptionValue | null][] = [
    ['dataset', dataset],
    ['hardware_types', request.devices],
    ['weights', request.backboneIds],
    ...SETTING_ROWS.map(([name, { flag }]): [string, OptionValue | null] =>
      isAxis(name) ? [pluralOf(flag), request[pluralOf(name)]] : [flag, request[name]],
    ),
  ];
  const given = options.flatMap(([name, value]) =>
    value === null ? [] : [`--${name} ${quote(name === 'dataset' ? dataset : formatOption(value))}`],
  );
  return `gelql sweep ${given.join(' ')}`;
}

type OptionValue = string | number | readonly (string | number)[];

/** Closed lists are written in lower case on the command line; so are devices and identifiers of weights. */
function formatOption(value: OptionValue): string {
  return (typeof value === 'object' ? value.join(',') : String(value)).toLowerCase();
}

/** One word of a POSIX shell. */
function quote(value: string): string {
  return /^[\w.,@%+:/-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
