import type { RunStage } from '../../words/run-state.js';

export const STAGE_LABELS: Record<RunStage, string> = {
  WAITING: 'waiting for a worker',
  DECODING: 'decoding pictures',
  EXTRACTING_FEATURES: 'computing features',
  TRAINING_HEAD: 'training the head',
  TRAINING_NETWORK: 'training the network',
  EVALUATING: 'evaluating',
  DONE: 'done',
};
