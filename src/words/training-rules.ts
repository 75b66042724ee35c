import type { Schedule } from './training-settings.js';

/** What a step minimises. */
export interface LossRule {
  /** By class; null weighs all alike. */
  classWeights: readonly number[] | null;
  /** Share of each target that all classes divide among them, 0 to below 1. */
  labelSmoothing: number;
}

/** How the learning rates move. */
export interface RateRule {
  schedule: Schedule;
  /** In which the rates rise to their full height. */
  warmupSteps: number;
  /** By which a schedule has run its course, those of the warm-up among them; a training may end before. */
  steps: number;
}

/** What a training follows besides its optimizer and learning rates. */
export interface TrainingRules {
  loss: LossRule;
  /** L2: this share of each parameter is added to its gradient. */
  weightDecay: number;
  rate: RateRule;
  /**
   * Epochs without a lower validation loss after which training stops and the best epoch's parameters are kept; 0 trains all
   * epochs and keeps the last.
   */
  patience: number;
}

export const STOP_REASONS = ['ALL_EPOCHS', 'NO_IMPROVEMENT'] as const;
/** Why a training ended. */
export type StopReason = (typeof STOP_REASONS)[number];

/** How a training came to its end. */
export interface TrainingEnd {
  /** The epoch after which the parameters were what they are now, from 1. */
  keptEpoch: number;
  stopReason: StopReason;
}

/** The mean cross-entropy of the published experiment. */
export const PLAIN_LOSS: LossRule = { classWeights: null, labelSmoothing: 0 };

/** The published experiment's. */
export const PLAIN_RULES: TrainingRules = {
  loss: PLAIN_LOSS,
  weightDecay: 0,
  rate: { schedule: 'CONSTANT', warmupSteps: 0, steps: 1 },
  patience: 0,
};
