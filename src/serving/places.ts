import { GelqlError } from '../errors.js';

export interface Place {
  /** Gives the place back; calling it again does nothing. */
  release(): void;
}

/** A bounded number of places for work that waits or runs, and the rate at which they become free. */
export interface Places {
  /**
   * @param limit of places taken, where it is smaller than the bound
   * @throws GelqlError OVERLOADED with facts.retryAfterSeconds
   */
  assertRoom(limit?: number): void;
  /** Takes a place, whether there is room or not. */
  take(): Place;
  readonly taken: number;
  /** Measured while at least one place was taken; null before the first was given back. */
  msPerPlace(): number | null;
}

/** Weight of the newest place in the moving average: half of the memory is gone after three. */
const NEWEST_WEIGHT = 0.2;

/**
 * A refusal's Retry-After is the time in which half of what is pending will have been served at the measured rate.
 * @param options.what is pending, for the message
 */
export function createPlaces(
  bound: number,
  { what = 'classifications', now = () => performance.now() }: { what?: string; now?: () => number } = {},
): Places {
  /** Moving average over the last places. */
  let averageMs: number | null = null;
  let taken = 0;
  /** Start of the stretch of work since the last answer; idle time must not count as service time. */
  let busySince = 0;

  function take(): Place {
    if (taken === 0) busySince = now();
    taken += 1;
    let isReleased = false;
    return {
      release() {
        if (isReleased) return;
        isReleased = true;
        taken -= 1;
        const time = now();
        const tookMs = time - busySince;
        averageMs = averageMs === null ? tookMs : averageMs + NEWEST_WEIGHT * (tookMs - averageMs);
        busySince = time;
      },
    };
  }

  return {
    assertRoom(limit = bound) {
      if (taken < Math.min(limit, bound)) return;
      throw new GelqlError('OVERLOADED', `${taken} ${what} are pending already.`, {
        facts: { retryAfterSeconds: Math.max(1, Math.ceil(((averageMs ?? 0) * taken) / 2 / 1000)) },
      });
    },
    take,
    get taken() {
      return taken;
    },
    msPerPlace: () => averageMs,
  };
}
