import type { Interval, Proportion } from '../../evaluation/evaluation.js';

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** For example `accuracy 95.5% (21 of 22; 95% interval 78.2% to 99.2%)`. */
export function describeProportion(name: string, { value, k, n, low, high }: Proportion): string {
  if (value === null || low === null || high === null) return `${name}: no pictures`;
  return `${name} ${percent(value)} (${k} of ${n}; 95% interval ${percent(low)} to ${percent(high)})`;
}

/** For example `0.954 (0.862 to 1.000)`. */
export function describeArea(area: number | null, interval: Interval | null): string {
  if (area === null) return 'undefined';
  if (interval === null) return area.toFixed(3);
  return `${area.toFixed(3)} (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`;
}
