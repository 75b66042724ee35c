import { at } from '../../at.js';
import type { UnseenAnswers } from '../../evaluation/temperature.js';
import type { OutOfFold } from './fit-folds.js';
import type { TrainingPlan } from '../plan-training.js';

/** What one repeat's head said about a picture of the fold that it did not see. */
export interface FoldAnswer {
  /** Where the picture stands in the fold plan. */
  position: number;
  repeat: number;
  fold: number;
  label: number;
  groupKey: string;
  logits: number[];
}

/** Every answer of every repeat, repeat by repeat. */
export function poolFolds({ images }: TrainingPlan, { plan, logits }: OutOfFold): FoldAnswer[] {
  return plan.repeats.flatMap(({ foldOf }, repeat) =>
    plan.pictures.map((picture, position): FoldAnswer => {
      const rows = logits[repeat] ?? new Float32Array();
      const classCount = rows.length / plan.pictures.length;
      return {
        position,
        repeat,
        fold: at(foldOf, position),
        label: at(images, picture).label,
        groupKey: at(images, picture).groupKey,
        logits: [...rows.subarray(position * classCount, (position + 1) * classCount)],
      };
    }),
  );
}

export function unseenAnswers(answers: readonly FoldAnswer[]): UnseenAnswers {
  return {
    logits: answers.map(({ logits }) => logits),
    labels: answers.map(({ label }) => label),
    groups: answers.map(({ groupKey }) => groupKey),
  };
}
