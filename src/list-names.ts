/**
 * Names for a sentence, such as `gel, blot and 3 more`: a data set may have a thousand classes.
 * @param limit names at most
 */
export function listNames(names: readonly string[], limit: number): string {
  const left = names.length - limit;
  return names.slice(0, limit).join(', ') + (left > 0 ? ` and ${left} more` : '');
}
