import type { Interval, Proportion } from '../../words/evaluation.js';

/** For example `95.5%`. @param share 0..1 */
export const formatPercent = (share: number) => `${(100 * share).toFixed(1)}%`;

/** For example `accuracy 95.5% (21 of 22; 95% interval 78.2% to 99.2%)`, with the groups where they are fewer than n. */
export function describeProportion(name: string, proportion: Proportion): string {
  return `${name}${proportion.value === null ? ':' : ''} ${describeShare(proportion)}`;
}

/** The same without a name. */
export function describeShare({ value, k, n, low, high, groupCount }: Proportion): string {
  if (value === null || low === null || high === null) return 'no pictures';
  const groups = groupCount === undefined ? '' : ` in ${groupCount} groups`;
  return `${formatPercent(value)} (${k} of ${n}${groups}; 95% interval ${formatPercent(low)} to ${formatPercent(high)})`;
}

/**
 * For example `0.954 (0.862 to 1.000)`. Where every picture is ranked rightly each resample is too: the bootstrap says
 * nothing about the width then.
 */
export function describeArea(area: number | null, interval: Interval | null): string {
  if (area === null) return 'undefined: a class is missing';
  if (interval === null) return area.toFixed(3);
  if (interval.low === interval.high) return `${area.toFixed(3)} (no interval: nothing is ranked wrongly)`;
  return `${area.toFixed(3)} (95% interval ${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`;
}
