import { at } from '../../at.js';
import { applyHead } from '../../networks/heads.js';
import { countHeads, firstViews, headTask } from '../head-task.js';
import { positionsOf, type FoldPlan, type PlannedRepeat } from './plan-folds.js';
import type { TrainingPlan } from '../plan-training.js';
import type { TrainingJob } from '../training-job.js';

/** What heads said about pictures that they were not trained on. */
export interface OutOfFold {
  plan: FoldPlan;
  /** By repeat: [pictures of the plan, C]. */
  logits: Float32Array[];
}

/**
 * Trains a head for each fold of each repeat on the other folds and asks it about its own, one after another in the thread
 * that trained the model's head. Stacked into one, 15 SINGLE heads would take a fifth of their 1.2 s; 15 MULTI heads as
 * long on native TensorFlow, and twice as long on WebAssembly.
 * @param features as fitHead takes them; the folds are tested with view 0
 * @param keptEpoch of the model's own head: those of the folds train as long, and stop for no validation of their own
 * @returns null where the run has no folds
 * @throws GelqlError CANCELLED, at the next batch
 */
export async function fitFolds(
  { compute, reporter, signal }: TrainingJob,
  plan: TrainingPlan,
  features: Float32Array,
  keptEpoch: number,
): Promise<OutOfFold | null> {
  const { folds } = plan.split;
  if (folds === null) return null;
  const { epochs } = plan.configuration;
  const rowOf = new Map(plan.split.fitted.map((picture, row) => [picture, row]));
  const rows = folds.pictures.map((picture) => {
    const row = rowOf.get(picture);
    if (row === undefined) throw new Error(`Picture ${picture} of a fold is not fitted.`);
    return row;
  });
  const allEpochs = epochs * countHeads(plan);
  let headsBehind = 1;

  const askAboutFold = async (repeat: PlannedRepeat, fold: number, logits: Float32Array): Promise<void> => {
    const { tested, others } = positionsOf(repeat, fold);
    const rowsAt = (positions: readonly number[]) => positions.map((position) => at(rows, position));
    const task = headTask(plan, features, {
      seed: repeat.headSeed,
      epochs: keptEpoch,
      train: rowsAt(others),
      validation: [],
    });
    const { parameters } = await compute.trainHead(task, {
      signal,
      onEpoch: ({ number }) =>
        reporter.report({
          stage: 'TRAINING_HEAD',
          stageProgress: (headsBehind * epochs + number) / allEpochs,
        }),
    });
    headsBehind += 1;
    const answers = applyHead(parameters, firstViews(plan, features, rowsAt(tested)), tested.length);
    const { classCount } = task;
    tested.forEach((position, row) => {
      logits.set(answers.subarray(row * classCount, (row + 1) * classCount), position * classCount);
    });
  };

  const logits: Float32Array[] = [];
  for (const repeat of folds.repeats) {
    const answers = new Float32Array(folds.pictures.length * plan.dataset.classes.length);
    for (let fold = 0; fold < folds.folds; fold++) await askAboutFold(repeat, fold, answers);
    logits.push(answers);
  }
  return { plan: folds, logits };
}
