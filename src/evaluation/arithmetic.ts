export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** 0 of an empty list. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}

/** 0 where the weights sum to 0. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const total = sumOf(weights);
  return total === 0 ? 0 : sumOf(values.map((value, index) => value * (weights[index] ?? 0))) / total;
}

/** The first of the largest. */
export function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** Positions by key, in the order in which the keys appear first. */
export function groupPositions(keys: readonly string[]): number[][] {
  const positions = new Map<string, number[]>();
  keys.forEach((key, position) => {
    const group = positions.get(key);
    if (group === undefined) positions.set(key, [position]);
    else group.push(position);
  });
  return [...positions.values()];
}
