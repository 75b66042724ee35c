import { PRIORITY_WEIGHTS, type Priority } from '../words/priority.js';
import { createByteBudget, type Reservation } from './byte-budget.js';
import { openDeadline, untilAborted } from './deadline.js';
import { createPlaces } from './places.js';

/**
 * Proof that a picture was admitted, and under which conditions. Whatever queues work takes one as an argument, so
 * nothing gets in unadmitted.
 */
export interface Permit {
  readonly priority: Priority;
  /** Aborted when the answer has become useless, with the GelqlError that says why. */
  readonly signal: AbortSignal;
  /**
   * Waits until so many bytes of the picture fit into memory beside those of others.
   * @throws GelqlError the signal's reason
   */
  holdBytes(sizeBytes: number): Promise<Pick<Reservation, 'shrinkTo'>>;
  /** The bytes are gone: others may be read. */
  dropBytes(): void;
  /** Gives place and bytes back; calling it again does nothing. */
  release(): void;
}

export interface AdmissionRequest {
  priority: Priority;
  timeoutMs: number;
  /** Moment on the clock of `performance` from which the time runs; now where absent. */
  receivedAt?: number;
  clientSignal?: AbortSignal | undefined;
}

export interface Admission {
  /** @throws GelqlError OVERLOADED where every request would be refused, whatever it asks for */
  assertRoom(): void;
  /** @throws GelqlError OVERLOADED with facts.retryAfterSeconds */
  admit(request: AdmissionRequest): Permit;
  /** The same for the pictures of one request, under one deadline: all of them as soon as there is room for one. */
  admitAll(count: number, request: AdmissionRequest): Permit[];
  /** Milliseconds that a picture would wait if it came now; null before the first answer. */
  estimatedWaitMs(priority: Priority): number | null;
  /** Pictures that wait or run. */
  readonly pending: number;
}

/** Bulk work fills three quarters of the places, so that a picture that somebody waits for still finds one. */
const BULK_SHARE = 0.75;

/** Bounds the pictures in flight and their bytes, before they are read. */
export function createAdmission(
  limits: { maxPending: number; maxPendingBytes: number },
  now: () => number = () => performance.now(),
): Admission {
  const places = createPlaces(limits.maxPending, { now });
  const budget = createByteBudget(limits.maxPendingBytes);
  const pending: Record<Priority, number> = { INTERACTIVE: 0, BULK: 0 };
  const placesFor: Record<Priority, number> = {
    INTERACTIVE: limits.maxPending,
    BULK: Math.ceil(limits.maxPending * BULK_SHARE),
  };

  function admitAll(count: number, request: AdmissionRequest): Permit[] {
    const { priority, timeoutMs, receivedAt = now(), clientSignal } = request;
    places.assertRoom(placesFor[priority]);
    const deadline = openDeadline({ timeoutMs, leftMs: receivedAt + timeoutMs - now(), clientSignal });
    let left = count;
    const leave = () => {
      pending[priority] -= 1;
      left -= 1;
      if (left === 0) deadline.clear();
    };
    return Array.from({ length: count }, () => takePlace(priority, deadline.signal, leave));
  }

  function takePlace(priority: Priority, signal: AbortSignal, leave: () => void): Permit {
    const place = places.take();
    pending[priority] += 1;
    let reservation: Reservation | null = null;
    let isReleased = false;
    const dropBytes = () => reservation?.release();
    return {
      priority,
      signal,
      async holdBytes(sizeBytes) {
        reservation = await budget.reserve(sizeBytes, signal);
        if (isReleased) dropBytes();
        return reservation;
      },
      dropBytes,
      release() {
        if (isReleased) return;
        isReleased = true;
        dropBytes();
        leave();
        place.release();
      },
    };
  }

  function estimatedWaitMs(priority: Priority): number | null {
    const msPerPicture = places.msPerPlace();
    if (msPerPicture === null) return null;
    if (priority === 'BULK') return places.taken * msPerPicture;
    const { INTERACTIVE, BULK } = PRIORITY_WEIGHTS;
    const bulkTax = pending.BULK > 0 ? BULK / INTERACTIVE : 0;
    return pending.INTERACTIVE * msPerPicture * (1 + bulkTax);
  }

  return {
    assertRoom: () => places.assertRoom(),
    admit: (request) => admitAll(1, request)[0] as Permit,
    admitAll,
    estimatedWaitMs,
    get pending() {
      return places.taken;
    },
  };
}

/**
 * Runs what a permit admits. The caller hears at once when the permit's signal is aborted; the place is given back when
 * the work has really ended.
 */
export function withPermit<T>(permit: Permit, work: (permit: Permit) => Promise<T>): Promise<T> {
  const working = work(permit).finally(() => permit.release());
  return untilAborted(working, permit.signal);
}

/** For work of the server's own: it takes no place from clients, and whoever makes it bounds how much of it there is. */
export function ownPermit(priority: Priority, signal: AbortSignal): Permit {
  const nothing = () => {};
  return {
    priority,
    signal,
    holdBytes: async () => ({ shrinkTo: nothing }),
    dropBytes: nothing,
    release: nothing,
  };
}
