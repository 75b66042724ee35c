import { InvalidArgumentError } from 'commander';
import { findSettingProblem } from '../../runs/resolve-configuration.js';
import type { SettingName } from '../../words/training-settings.js';

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Parsers of option values for commander, which reports what they throw and ends the call as a wrong one. */
export function integerBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text);
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Give a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** A number of a training configuration, within the range that holds for it everywhere. */
export function trainingSetting(name: SettingName): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text);
    const problem = findSettingProblem(name, value);
    if (problem !== null) throw new InvalidArgumentError(`${problem}.`);
    return value;
  };
}

/** `Number` would take an empty text for 0 and hexadecimal digits. */
function parseDecimal(text: string): number {
  if (!DECIMAL.test(text.trim())) throw new InvalidArgumentError('Give a number.');
  return Number(text);
}
