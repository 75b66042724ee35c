/**
 * p-values adjusted for being several (Holm, Scandinavian Journal of Statistics 6, 1979): where those up to 5 % count, at
 * least one true hypothesis is rejected in at most 5 % of cases, whatever the dependence.
 * @returns in the order given, each at least its own p-value and at most 1
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const adjusted = [...pValues];
  const ascending = [...pValues.keys()].sort((left, right) => (pValues[left] ?? 0) - (pValues[right] ?? 0));
  let largest = 0;
  ascending.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues[index] ?? 0) * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}
