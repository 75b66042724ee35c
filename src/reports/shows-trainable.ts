import type { Trainable } from '../words/training-settings.js';

/**
 * Whether tables and charts of these results say what each one trained: where all of them trained a head alone, as is the
 * rule, that goes without saying. CSV files, which programs read, always say it.
 */
export function showsTrainable(results: readonly { trainable: Trainable }[]): boolean {
  return results.some(({ trainable }) => trainable !== 'HEAD');
}
