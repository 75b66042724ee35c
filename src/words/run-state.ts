/** How far a run is; training-runs.ts draws the steps. */
export const RUN_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const RUN_STAGES = [
  'WAITING',
  'DECODING',
  'EXTRACTING_FEATURES',
  'TRAINING_HEAD',
  'TRAINING_NETWORK',
  'EVALUATING',
  'DONE',
] as const;
export type RunStage = (typeof RUN_STAGES)[number];
