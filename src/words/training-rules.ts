/** What a step minimises. */
export interface LossRule {
  /** By class; null weighs all alike. */
  classWeights: readonly number[] | null;
  /** Share of each target that all classes divide among them, 0 to below 1. */
  labelSmoothing: number;
}

/** What a training follows besides its optimizer and learning rates. */
export interface TrainingRules {
  loss: LossRule;
  /** L2: this share of each parameter is added to its gradient. */
  weightDecay: number;
}

/** The mean cross-entropy of the published experiment. */
export const PLAIN_LOSS: LossRule = { classWeights: null, labelSmoothing: 0 };

/** The published experiment's. */
export const PLAIN_RULES: TrainingRules = { loss: PLAIN_LOSS, weightDecay: 0 };
