import { hasEnded, type RunSnapshot } from '../runs/run-progress.js';

/** What the estimate needs of each part that has a run, in the order of their numbers. */
export interface TimedPart extends Pick<RunSnapshot, 'state' | 'secondsLeft'> {
  /** Parts with the same text use the same features: the first of them computes those. */
  features: string;
  /** Seconds from the start of its run to its end; null until it has ended, and where it had ended before the sweep. */
  tookSeconds: number | null;
}

/**
 * Seconds to the end of a sweep, while as many parts run at once as do now. A part that waits is expected to take as long
 * as those before it did on average: the first of its features as the first ones, any other as the others. Null until
 * there is one to go by; 0 when nothing is left.
 */
export function estimateSweepSecondsLeft(parts: readonly TimedPart[]): number | null {
  const first = new Set(parts.filter(isFirst));
  const took = (isWanted: (part: TimedPart) => boolean) =>
    mean(parts.filter(isWanted).flatMap(({ tookSeconds }) => tookSeconds ?? []));
  const otherSeconds = took((part) => !first.has(part));
  const firstSeconds = took((part) => first.has(part)) ?? otherSeconds;

  const left = parts.filter((part) => !hasEnded(part));
  let seconds = 0;
  for (const part of left) {
    const expected = part.secondsLeft ?? (first.has(part) ? firstSeconds : otherSeconds);
    if (expected === null) return null;
    seconds += expected;
  }
  const running = left.filter(({ state }) => state === 'RUNNING').length;
  return seconds / Math.max(1, running);
}

function isFirst({ features }: TimedPart, index: number, parts: readonly TimedPart[]): boolean {
  return parts.findIndex((part) => part.features === features) === index;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
