import { at } from '../../at.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { indexOfLargest, meanOf } from '../../evaluation/arithmetic.js';
import { predictBaselines } from '../../evaluation/baselines.js';
import type { Baseline, Calibration, FoldSummary } from '../../words/evaluation.js';
import { evaluate } from '../../evaluation/evaluate.js';
import { fitTemperature } from '../../evaluation/temperature.js';
import { softmax } from '../../networks/heads.js';
import { factsOf, scoreOf, type EvaluatedPictures } from '../evaluate-head.js';
import type { OutOfFold } from './fit-folds.js';
import { positionsOf, type FoldPlan } from './plan-folds.js';
import type { TrainingPlan } from '../plan-training.js';
import { poolFolds, unseenAnswers, type FoldAnswer } from './pool-folds.js';

/**
 * Pools the answers of all repeats. Counts and means are over answers; intervals take the groups of pictures for
 * independent, so that neither repeats nor near-duplicates make them narrower. The score of a picture is the mean of its
 * probabilities over the repeats: one answer where models are compared picture by picture. Where the model's probabilities
 * are calibrated, those of each fold are too, by the temperature that the answers to the other folds give.
 * Takes a turn of the event loop for each fold, because the thread answers requests meanwhile.
 */
export async function evaluateFolds(
  plan: TrainingPlan,
  outOfFold: OutOfFold,
  calibration: Calibration | null,
): Promise<EvaluatedPictures> {
  const { plan: folds } = outOfFold;
  const { classes } = plan.dataset;
  const answers = poolFolds(plan, outOfFold);
  const probabilities =
    calibration?.isApplied === true ? await calibrated(folds, answers) : answers.map(plain);
  const evaluation = evaluate({
    classes,
    labels: answers.map(({ label }) => label),
    probabilities,
    groups: answers.map(({ groupKey }) => groupKey),
    repeats: folds.repeats.length,
    seed: plan.configuration.seed,
    baselines: await poolBaselines(plan, folds),
  });
  const rowsOf = (position: number) =>
    folds.repeats.map((_, repeat) => probabilities[repeat * folds.pictures.length + position] ?? []);
  const scores = folds.pictures.map((picture, position) => {
    const rows = rowsOf(position);
    const mean = classes.map((_, label) => meanOf(rows.map((row) => at(row, label))));
    return scoreOf(plan, picture, mean);
  });
  const crossValidation = summarise(folds, answers, probabilities);
  return { evaluation: { ...evaluation, crossValidation }, scores };
}

function plain({ logits }: FoldAnswer): number[] {
  return [...softmax(Float32Array.from(logits), 1)];
}

/** No answer is given a temperature that it took part in. */
async function calibrated({ folds, repeats }: FoldPlan, answers: readonly FoldAnswer[]): Promise<number[][]> {
  const temperatures = new Map<string, number>();
  for (const [repeat, { foldOf }] of repeats.entries()) {
    for (let fold = 0; fold < folds; fold++) {
      const others = answers.filter(({ position }) => foldOf[position] !== fold);
      const { temperature } = fitTemperature(unseenAnswers(others), 'OUT_OF_FOLD');
      temperatures.set(`${repeat} ${fold}`, temperature);
      await nextTurn();
    }
  }
  return answers.map(({ logits, repeat, fold }) => [
    ...softmax(Float32Array.from(logits), 1, temperatures.get(`${repeat} ${fold}`)),
  ]);
}

/** Each rule learns from the same pictures as the head beside it. */
async function poolBaselines(plan: TrainingPlan, { folds, pictures, repeats }: FoldPlan) {
  const said = new Map<Baseline['name'], number[]>();
  const factsAt = (positions: readonly number[]) =>
    factsOf(
      plan,
      positions.map((position) => at(pictures, position)),
    );
  for (const [number, repeat] of repeats.entries()) {
    for (let fold = 0; fold < folds; fold++) {
      const { tested, others } = positionsOf(repeat, fold);
      const shown = factsAt(tested).map(({ facts }) => facts);
      const rules = predictBaselines(factsAt(others), shown, plan.dataset.classes.length);
      for (const { name, predicted } of rules) {
        const answers = said.get(name) ?? [];
        said.set(name, answers);
        tested.forEach((position, index) => {
          answers[number * pictures.length + position] = at(predicted, index);
        });
      }
      await nextTurn();
    }
  }
  return [...said].map(([name, predicted]) => ({ name, predicted }));
}

function summarise(
  { folds, repeats }: FoldPlan,
  answers: readonly FoldAnswer[],
  probabilities: readonly (readonly number[])[],
): FoldSummary {
  const isRight = answers.map(({ label }, answer) =>
    Number(indexOfLargest(probabilities[answer] ?? []) === label),
  );
  return {
    folds,
    repeats: repeats.map(({ headSeed }, number) => ({
      seed: headSeed,
      accuracy: meanOf(isRight.filter((_, answer) => answers[answer]?.repeat === number)),
    })),
  };
}
