import { at } from '../at.js';
import { indexOfLargest } from '../evaluation/arithmetic.js';
import { predictBaselines, type LabelledFacts } from '../evaluation/baselines.js';
import type { Calibration, Evaluation } from '../words/evaluation.js';
import { evaluate } from '../evaluation/evaluate.js';
import { appliedTemperature } from '../evaluation/temperature.js';
import type { TensorMap } from '../words/architecture.js';
import { applyHead, softmax } from '../networks/heads.js';
import type { TrainingPlan } from './plan-training.js';

export interface TestScore {
  name: string;
  sha256: string;
  label: number;
  predicted: number;
  probabilities: number[];
  groupKey: string;
}

/** An evaluation with what was said about each of its pictures, in the order of the data set. */
export interface EvaluatedPictures {
  evaluation: Evaluation;
  scores: TestScore[];
}

/**
 * Scores the model's head on the test pictures, beside rules that do not look at the picture.
 * @param features [test pictures, D]
 * @returns null where the run keeps no test
 */
export function evaluateHead(
  plan: TrainingPlan,
  head: TensorMap,
  features: Float32Array,
  calibration: Calibration | null,
): EvaluatedPictures | null {
  const { split, dataset, configuration } = plan;
  const count = split.test.length;
  if (count === 0) return null;
  const classCount = dataset.classes.length;
  const probabilities = softmax(applyHead(head, features, count), count, appliedTemperature(calibration));
  const scores = split.test.map((index, position) =>
    scoreOf(plan, index, [...probabilities.slice(position * classCount, (position + 1) * classCount)]),
  );
  const shown = factsOf(plan, split.test).map(({ facts }) => facts);
  const evaluation = evaluate({
    classes: dataset.classes,
    labels: scores.map(({ label }) => label),
    probabilities: scores.map((score) => score.probabilities),
    groups: scores.map(({ groupKey }) => groupKey),
    seed: configuration.seed,
    baselines: predictBaselines(factsOf(plan, split.fitted), shown, classCount),
  });
  return { evaluation, scores };
}

/** @param index of the picture in the data set @param probabilities in class order */
export function scoreOf(plan: TrainingPlan, index: number, probabilities: number[]): TestScore {
  return {
    name: at(plan.images, index).name,
    sha256: plan.pictureAt(index).sha256,
    label: plan.labelAt(index),
    predicted: indexOfLargest(probabilities),
    probabilities,
    groupKey: at(plan.images, index).groupKey,
  };
}

export function factsOf({ images }: TrainingPlan, indices: readonly number[]): LabelledFacts[] {
  return indices.flatMap((index) => {
    const image = images[index];
    return image === undefined ? [] : [{ facts: image.facts, label: image.label }];
  });
}
