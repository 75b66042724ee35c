/** What an evaluation of a classifier on test pictures holds. All pure data, stored as JSON. */

/** A share with the counts it came from and its Wilson 95 % interval. `value` is NaN-free: null where n is 0. */
export interface Proportion {
  value: number | null;
  /** Numerator and denominator: answers, which are pictures but in a cross-validation, where each repeat has its own. */
  k: number;
  n: number;
  low: number | null;
  high: number | null;
  /**
   * Independent groups among the n: what the interval takes as n, because answers of one group (near-duplicates, repeats)
   * are not independent. Absent where every answer is a group of its own.
   */
  groupCount?: number | undefined;
}

/** The bounds of a 95 % interval. */
export interface Interval {
  low: number;
  high: number;
}

export interface ClassMetrics {
  name: string;
  /** Answers to pictures of this class. */
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

export const EVALUATION_WARNINGS = [
  'NOT_EVALUABLE',
  'WIDE_INTERVALS',
  'NO_CALIBRATION_ERROR',
  'STILL_IMPROVING',
] as const;
/** What a reader of an evaluation must know; see evaluation-warnings.ts and still-improving.ts. */
export type EvaluationWarningCode = (typeof EVALUATION_WARNINGS)[number];

export interface EvaluationWarning {
  code: EvaluationWarningCode;
  /** For people, with the counts. */
  message: string;
}

/** What the pooled answers of a cross-validation came from. */
export interface FoldSummary {
  folds: number;
  repeats: FoldRepeat[];
}

export interface FoldRepeat {
  /** Seeds this repeat's heads. */
  seed: number;
  /** Accuracy of its own answers, one per picture, 0..1. The repeats share their pictures: their spread is no standard error. */
  accuracy: number;
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
  /**
   * Expected calibration error of the answers and its value for a perfectly calibrated classifier with the same
   * probabilities (calibration-error.ts), which is far from 0 on few pictures. Null below 200 pictures.
   */
  calibrationError: CalibrationError | null;
  /** Independent groups of pictures: the n of the intervals. */
  groupCount: number;
  warnings: EvaluationWarning[];
  /** Absent where the pictures were held out. */
  crossValidation?: FoldSummary | undefined;
  perClass: ClassMetrics[];
  baselines: Baseline[];
}

/** Both 0..1. */
export interface CalibrationError {
  value: number;
  /** Mean over simulations of a classifier that is right exactly as often as it says. */
  nullValue: number;
}

export const CALIBRATION_SOURCES = ['VALIDATION', 'OUT_OF_FOLD'] as const;
/** What a temperature was fitted on: the validation share, or all pictures outside the test as folds see them. */
export type CalibrationSource = (typeof CALIBRATION_SOURCES)[number];

/**
 * A temperature T that divides the logits before the softmax, fitted on pictures that the head was not trained on (Guo et
 * al., ICML 2017). It changes no label.
 */
export interface Calibration {
  /** 0.25..20; below 1 sharpens, above 1 softens. */
  temperature: number;
  fittedOn: CalibrationSource;
  /** Independent groups of pictures that it was fitted on. */
  groupCount: number;
  /** Whether the model's probabilities are divided by it; below 50 groups it is reported, never used. */
  isApplied: boolean;
  /** Mean cross-entropy on those pictures without and with it; with smoothed targets the second may be the larger. */
  logLossBefore: number;
  logLossAfter: number;
  /** Whether all of them were told right, so that any sharpening would fit: then smoothed targets bound it. */
  isSeparated?: boolean | undefined;
}

/** How unlike the training pictures of a model a picture is; see evaluation/novelty.ts. */
export interface Novelty {
  /** To the fifth nearest training picture of the class that the picture is most like, 0 to 2. */
  distance: number;
  /** Threshold of that class, exceeded by at most 5 % of its training pictures; null where it has too few of them. */
  threshold: number | null;
  /** Share of that class's training pictures that lie as far away, counted with this one: above 0, at most 1. */
  pValue: number;
  /** Unlike every class. */
  isFar: boolean;
}
