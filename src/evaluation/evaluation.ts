/** Words of this folder: what an evaluation of a classifier on test pictures holds. All pure data, stored as JSON. */

/** A share with the counts it came from and its Wilson 95 % interval. `value` is NaN-free: null where n is 0. */
export interface Proportion {
  value: number | null;
  /** Numerator and denominator. */
  k: number;
  n: number;
  low: number | null;
  high: number | null;
}

/** The bounds of a 95 % interval. */
export interface Interval {
  low: number;
  high: number;
}

export interface ClassMetrics {
  name: string;
  /** Test pictures of this class. */
  support: number;
  precision: Proportion;
  recall: Proportion;
  f1: number;
}

/** A rule that looks at something other than the picture's content; a good test set leaves it near chance. */
export interface Baseline {
  name: 'majority' | 'metadata-only' | 'brightness-only';
  accuracy: Proportion;
}

export interface Evaluation {
  classes: string[];
  /** confusion[actual][predicted], counts. */
  confusion: number[][];
  accuracy: Proportion;
  balancedAccuracy: number;
  precisionWeighted: number;
  recallWeighted: number;
  f1Weighted: number;
  precisionMacro: number;
  recallMacro: number;
  f1Macro: number;
  /** From scores; null where a class is absent. For more than two classes: one against the rest, macro mean. */
  rocAuc: number | null;
  /** Cluster bootstrap over the groups of near-duplicates; null where `rocAuc` is. Degenerate ([1, 1]) without errors. */
  rocAucInterval: Interval | null;
  /** From hard labels, as in the published table: for two classes it equals the balanced accuracy. */
  rocAucHard: number | null;
  /** Mean precision over the steps of recall, of class 1 for two classes, else macro mean of one against the rest. */
  averagePrecision: number | null;
  /** Matthews correlation, -1..1; 0 where it is undefined. */
  mcc: number;
  logLoss: number;
  brier: number;
  perClass: ClassMetrics[];
  baselines: Baseline[];
}

/**
 * A temperature T that divides the logits before the softmax, fitted on pictures that the head was not trained on (Guo et
 * al., ICML 2017). It changes no label.
 */
export interface Calibration {
  /** 0.25..20; below 1 sharpens, above 1 softens. */
  temperature: number;
  fittedOn: 'VALIDATION' | 'OUT_OF_FOLD';
  /** Independent groups of pictures that it was fitted on. */
  groupCount: number;
  /** Whether the model's probabilities are divided by it; below 50 groups it is reported, never used. */
  isApplied: boolean;
  /** Mean cross-entropy on those pictures without and with it. */
  logLossBefore: number;
  logLossAfter: number;
}
