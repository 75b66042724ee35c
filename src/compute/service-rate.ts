/** Weight of the newest batch in the moving average: half of the memory is gone after three batches. */
const NEWEST_WEIGHT = 0.2;

export interface ServiceRate {
  record(msPerPicture: number): void;
  /** Moving average over the last batches; null before the first. */
  msPerPicture(): number | null;
  /** Whole seconds until `pending` pictures are served at the measured rate, at least 1 (HTTP Retry-After). */
  secondsFor(pending: number): number;
}

export function createServiceRate(): ServiceRate {
  let average: number | null = null;
  return {
    record(msPerPicture) {
      average = average === null ? msPerPicture : average + NEWEST_WEIGHT * (msPerPicture - average);
    },
    msPerPicture: () => average,
    secondsFor: (pending) => Math.max(1, Math.ceil(((average ?? 0) * pending) / 1000)),
  };
}
