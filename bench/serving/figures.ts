import { loadavg } from 'node:os';

/** The value below which `share` of the values lie, 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** p50 and p95, or others, as cells of a table. */
export function percentileCells(
  values: readonly number[],
  shares: readonly number[] = [0.5, 0.95],
): string[] {
  return shares.map((share) => percentile(values, share).toFixed(1));
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

export function formatLoad(): string {
  const loads = loadavg().map((load) => load.toFixed(1));
  return `load average of the machine ${loads.join(' ')}`;
}
