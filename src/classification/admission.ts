import { createServiceRate } from '../compute/service-rate.js';
import { GelqlError } from '../errors.js';

/** Proof that a request was admitted. Whatever queues work takes one as an argument, so nothing gets in unadmitted. */
export interface Permit {
  /** Gives the place back; calling it again does nothing. */
  release(): void;
}

export interface Admission {
  /** @throws GelqlError OVERLOADED with facts.retryAfterSeconds when `maxPending` permits are out */
  admit(): Permit;
  readonly pending: number;
}

/**
 * Bounds the work in flight, classifications before their bytes are read. A refusal's Retry-After is the time in which
 * half of what is pending will have been served at the measured rate.
 * @param options.what is pending, for the message
 */
export function createAdmission(
  maxPending: number,
  { what = 'classifications', now = () => performance.now() }: { what?: string; now?: () => number } = {},
): Admission {
  const rate = createServiceRate();
  let pending = 0;
  /** Start of the stretch of work since the last answer; idle time must not count as service time. */
  let busySince = 0;

  return {
    admit() {
      if (pending >= maxPending) {
        throw new GelqlError('OVERLOADED', `${pending} ${what} are pending already.`, {
          facts: { retryAfterSeconds: rate.secondsFor(pending / 2) },
        });
      }
      if (pending === 0) busySince = now();
      pending += 1;
      let isReleased = false;
      return {
        release() {
          if (isReleased) return;
          isReleased = true;
          pending -= 1;
          const time = now();
          rate.record(time - busySince);
          busySince = time;
        },
      };
    },
    get pending() {
      return pending;
    },
  };
}
