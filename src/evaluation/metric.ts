/** What models can be ranked by. */
export const METRICS = ['ACCURACY', 'BALANCED_ACCURACY', 'F1', 'ROC_AUC', 'LOG_LOSS', 'BRIER'] as const;
export type Metric = (typeof METRICS)[number];

/** Smaller values are better. */
export function isLoss(metric: Metric): boolean {
  return metric === 'LOG_LOSS' || metric === 'BRIER';
}
