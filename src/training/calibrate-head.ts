import { at } from '../at.js';
import type { Calibration } from '../words/evaluation.js';
import { fitTemperature } from '../evaluation/temperature.js';
import type { TensorMap } from '../words/architecture.js';
import { applyHead } from '../networks/heads.js';
import type { OutOfFold } from './folds/fit-folds.js';
import { firstViews } from './head-task.js';
import type { TrainingPlan } from './plan-training.js';
import { poolFolds, unseenAnswers } from './folds/pool-folds.js';

/**
 * The temperature of a model's probabilities, fitted on pictures that the heads which were asked had not been trained on:
 * the folds, else the validation share; null where there is neither.
 * @param features as fitHead takes them
 */
export function calibrateHead(
  plan: TrainingPlan,
  head: TensorMap,
  features: Float32Array,
  outOfFold: OutOfFold | null,
): Calibration | null {
  if (outOfFold !== null) return fitTemperature(unseenAnswers(poolFolds(plan, outOfFold)), 'OUT_OF_FOLD');
  const { train, validation } = plan.split;
  if (validation.length === 0) return null;
  const rows = validation.map((_, position) => train.length + position);
  const logits = applyHead(head, firstViews(plan, features, rows), rows.length);
  const classCount = logits.length / rows.length;
  return fitTemperature(
    {
      logits: rows.map((_, row) => [...logits.subarray(row * classCount, (row + 1) * classCount)]),
      labels: validation.map((index) => plan.labelAt(index)),
      groups: validation.map((index) => at(plan.images, index).groupKey),
    },
    'VALIDATION',
  );
}
