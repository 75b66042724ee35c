import type { RunStage, RunState } from './run-state.js';
import type { SerializedError } from '../errors.js';

/** Losses are mean cross-entropy per picture, accuracies 0..1; both train values are over the epoch's own steps. */
export interface EpochProgress {
  number: number;
  trainLoss: number;
  trainAccuracy: number;
  validationLoss: number | null;
  validationAccuracy: number | null;
}

export const RUN_EVENT_KINDS = ['STATE', 'PROGRESS', 'EPOCH'] as const;
export type RunEventKind = (typeof RUN_EVENT_KINDS)[number];

/** What an event says, stored as JSON. */
export type RunEventBody =
  /** The run has entered a state; `error` where it FAILED. */
  | { kind: 'STATE'; state: RunState; error: SerializedError | null }
  /** @see trainingRuns.stageProgress */
  | {
      kind: 'PROGRESS';
      stage: RunStage;
      stageProgress: number;
      /** While a network is trained. */
      picturesPerSecond?: number;
    }
  | { kind: 'EPOCH'; epoch: EpochProgress };

/** Channel on which events are announced: `<run id> <sequence>` of the newest of those that were stored together. */
export const RUN_EVENTS_CHANNEL = 'gelql_run_events';

/** Channel on which the id of a cancelled run reaches the process that executes it. */
export const RUN_CANCELLED_CHANNEL = 'gelql_run_cancelled';
