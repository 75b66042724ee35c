import type { TrainingConfiguration } from '../words/training-configuration.js';
import type { TrainingRules } from '../words/training-rules.js';

/** AUTO weighs from this ratio of the largest class to the smallest. */
const UNBALANCED_FROM = 1.5;

/** @param labels of the pictures that are trained on; every class has some */
export function trainingRules(
  configuration: TrainingConfiguration,
  labels: readonly number[],
  classCount: number,
): TrainingRules {
  const { classWeights, labelSmoothing, weightDecay, schedule, warmupSteps, patience } = configuration;
  const steps = configuration.epochs * Math.ceil(labels.length / configuration.batchSize);
  return {
    loss: { classWeights: weighClasses(classWeights, labels, classCount), labelSmoothing },
    weightDecay,
    rate: { schedule, warmupSteps, steps },
    patience,
  };
}

/**
 * n / (C n_c) for n pictures, C classes and n_c pictures of class c, as scikit-learn's class_weight='balanced' (after King
 * and Zeng, "Logistic regression in rare events data", 2001); null where all classes are weighed alike.
 */
function weighClasses(
  choice: TrainingConfiguration['classWeights'],
  labels: readonly number[],
  classCount: number,
): number[] | null {
  const counts = new Array<number>(classCount).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const isUnbalanced = Math.max(...counts) >= UNBALANCED_FROM * Math.min(...counts);
  if (choice === 'NONE' || (choice === 'AUTO' && !isUnbalanced)) return null;
  return counts.map((count) => labels.length / (classCount * count));
}
