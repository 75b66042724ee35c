import type { SweepCounts } from './sweeps.js';

export const SWEEP_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'INCOMPLETE', 'CANCELLED', 'REFUSED'] as const;
/** A sweep has no state of its own: it follows from those of its parts. */
export type SweepState = (typeof SWEEP_STATES)[number];

/**
 *   QUEUED --> RUNNING --> SUCCEEDED   every part has its model
 *                      --> CANCELLED   a part was cancelled
 *                      --> INCOMPLETE  a part failed or was refused
 *   REFUSED                            no part could be run
 */
export function sweepStateOf({
  total,
  queued,
  running,
  succeeded,
  cancelled,
  refused,
}: SweepCounts): SweepState {
  if (refused === total) return 'REFUSED';
  if (queued + refused === total) return 'QUEUED';
  if (queued + running > 0) return 'RUNNING';
  if (cancelled > 0) return 'CANCELLED';
  return succeeded === total ? 'SUCCEEDED' : 'INCOMPLETE';
}
