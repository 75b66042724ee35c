import { abortError } from '../errors.js';

/*
 * Bounds the bytes of pictures that lie in memory. Whoever wants to read a file reserves its largest possible size first,
 * so one that has begun never waits for memory in the middle, and two half-read files cannot block each other.
 *
 *   reserve() --fits, and nobody came earlier--> HELD --shrinkTo(actual size)--> HELD --release()--> free
 *       |
 *       +--else--> WAITING (in the order of arrival) --others release--> HELD
 *                     | signal aborted: rejected with its reason
 */

export interface Reservation {
  /** Gives back what is more than `sizeBytes`. */
  shrinkTo(sizeBytes: number): void;
  /** Gives everything back; calling it again does nothing. */
  release(): void;
}

export interface ByteBudget {
  /**
   * @param sizeBytes more than the whole budget counts as all of it
   * @throws GelqlError the signal's reason
   */
  reserve(sizeBytes: number, signal: AbortSignal): Promise<Reservation>;
  readonly reservedBytes: number;
}

interface Waiter {
  sizeBytes: number;
  resolve: (reservation: Reservation) => void;
}

export function createByteBudget(limitBytes: number): ByteBudget {
  const waiting: Waiter[] = [];
  let reservedBytes = 0;

  function grant(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (reservedBytes + next.sizeBytes > limitBytes) return;
      waiting.shift();
      next.resolve(hold(next.sizeBytes));
    }
  }

  function hold(sizeBytes: number): Reservation {
    let heldBytes = sizeBytes;
    reservedBytes += sizeBytes;
    const shrinkTo = (size: number) => {
      const surplus = Math.max(0, heldBytes - size);
      heldBytes -= surplus;
      reservedBytes -= surplus;
      grant();
    };
    return { shrinkTo, release: () => shrinkTo(0) };
  }

  return {
    reserve(sizeBytes, signal) {
      if (signal.aborted) return Promise.reject(abortError(signal));
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(abortError(signal));
          // The one that left may have been in the way of a smaller one.
          grant();
        };
        const waiter: Waiter = {
          sizeBytes: Math.min(sizeBytes, limitBytes),
          resolve: (reservation) => {
            signal.removeEventListener('abort', onAbort);
            resolve(reservation);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.push(waiter);
        grant();
      });
    },
    get reservedBytes() {
      return reservedBytes;
    },
  };
}
