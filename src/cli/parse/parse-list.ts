import { InvalidArgumentError } from 'commander';

/** Parsers of option values that are lists, `1,2,3`, for commander; each entry goes through `parse`. */
export function listOf<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => {
    const values = text.split(',').map((entry) => parse(entry.trim()));
    const repeated = values.find((value, index) => values.indexOf(value) !== index);
    if (repeated !== undefined) throw new InvalidArgumentError(`It names ${String(repeated)} twice.`);
    return values;
  };
}

/** One of a closed list of words, and what each stands for. */
export function oneOf<T>(meanings: Readonly<Record<string, T>>): (text: string) => T {
  return (text) => {
    const meaning = Object.hasOwn(meanings, text) ? meanings[text] : undefined;
    if (meaning !== undefined) return meaning;
    throw new InvalidArgumentError(`Give some of ${Object.keys(meanings).join(', ')}.`);
  };
}

/** Any text but none. */
export function word(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('An entry of the list is empty.');
}
