import { at } from '../at.js';
import type { ClassScore } from '../words/answer.js';
import type { Scores } from '../serving/picture-passes.js';

/** What a model's scores are stored as: every class in the model's order, and the most probable one. */
export function describeScores({ model, logits, probabilities }: Scores): {
  scores: ClassScore[];
  label: string;
  probability: number;
} {
  const scores = model.row.classes.map((label, index) => ({
    label,
    probability: at(probabilities, index),
    logit: at(logits, index),
  }));
  const { label, probability } = scores.reduce((best, score) =>
    score.probability > best.probability ? score : best,
  );
  return { scores, label, probability };
}
