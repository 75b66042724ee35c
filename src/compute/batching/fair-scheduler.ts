/*
 * Shares the slots of a device among flows of work, by weight: start-time fair queueing (Goyal, Vin and Chen 1996).
 *
 *            isReady            a slot is free and no ready flow has a smaller tag
 *   IDLE --------------> READY ----------------------------------------------------> SERVED
 *     ^                    ^                                                            |
 *     |  nothing is left   |  more is left                    start() settles: its time / weight is added to the tag
 *     +--------------------+------------------------------------------------------------+
 *
 * Flows that are always ready get time in proportion to their weights, whatever one start of theirs costs. One that comes
 * back from idleness is next, because its tag lies behind; it has saved up nothing, because its start counts from the tag
 * of what was served last. Traded away: work that has started is never interrupted, so the wait for a slot is as long as
 * one start of somebody else.
 */

export interface FlowOptions {
  /** Relative share of the slots, above 0. */
  weight: number;
  /** Whether `start` would find work now. */
  isReady: () => boolean;
  /**
   * Takes work and does it; never rejects. What it resolves with is called when the slot has been given to the next:
   * whoever waits for the work hears of it after that, so that a slot is not idle while callers are told.
   */
  start: () => Promise<() => void>;
}

export interface FairScheduler {
  /** Adds a flow; it stays as long as the scheduler. */
  addFlow(options: FlowOptions): void;
  /** Fills the free slots. To be called whenever a flow may have become ready. */
  wake(): void;
}

interface Flow extends FlowOptions {
  /** Virtual time at which its next start is due. */
  tag: number;
  /** What its last start took: the guess for one that is still running. */
  lastMs: number;
}

export function createFairScheduler(
  slots: number,
  now: () => number = () => performance.now(),
): FairScheduler {
  const flows: Flow[] = [];
  let busySlots = 0;
  /** Virtual time: the tag of the newest start. */
  let clock = 0;

  function wake(): void {
    while (busySlots < slots) {
      const next = findNext(flows);
      if (next === null) return;
      void serve(next);
    }
  }

  async function serve(flow: Flow): Promise<void> {
    busySlots += 1;
    clock = Math.max(clock, flow.tag);
    const guess = flow.lastMs / flow.weight;
    flow.tag = clock + guess;
    const startedAt = now();
    const tellCallers = await flow.start();
    flow.lastMs = now() - startedAt;
    flow.tag += flow.lastMs / flow.weight - guess;
    busySlots -= 1;
    wake();
    tellCallers();
  }

  return {
    addFlow(options) {
      flows.push({ ...options, tag: clock, lastMs: 0 });
      wake();
    },
    wake,
  };
}

function findNext(flows: readonly Flow[]): Flow | null {
  let next: Flow | null = null;
  for (const flow of flows) {
    if (flow.isReady() && (next === null || flow.tag < next.tag)) next = flow;
  }
  return next;
}
