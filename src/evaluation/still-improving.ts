import type { EvaluationWarning } from '../words/evaluation.js';
import type { EpochProgress } from '../words/run-event.js';
import type { TrainingEnd } from '../words/training-rules.js';
import { meanOf } from './arithmetic.js';

/** The last part of the epochs is compared with as many before it. */
const COMPARED_PART = 5;
/** A loss that falls by less says nothing: 2 % of it, and of one near 0 less than anybody would notice. */
const FALLS_BY_SHARE = 0.02;
const FALLS_BY = 0.005;

/**
 * Says where more training would have helped: all epochs were trained, and over the last fifth of them the mean loss lies
 * below that of the fifth before. The validation loss is asked where there is one.
 * @param epochs all of one training, in order
 */
export function adviseLongerTraining(
  epochs: readonly EpochProgress[],
  { stopReason }: TrainingEnd,
): EvaluationWarning[] {
  const validation = epochs.flatMap(({ validationLoss }) => validationLoss ?? []);
  const isValidated = validation.length === epochs.length;
  const losses = isValidated ? validation : epochs.map(({ trainLoss }) => trainLoss);
  const count = Math.max(1, Math.floor(losses.length / COMPARED_PART));
  if (stopReason !== 'ALL_EPOCHS' || losses.length < 2 * count) return [];
  const before = meanOf(losses.slice(-2 * count, -count));
  const after = meanOf(losses.slice(-count));
  if (before - after < Math.max(FALLS_BY, FALLS_BY_SHARE * before)) return [];
  const loss = isValidated ? 'validation loss' : 'loss';
  return [
    {
      code: 'STILL_IMPROVING',
      message: `The ${loss} still fell at the end, from ${before.toFixed(3)} to ${after.toFixed(3)} over the last ${2 * count} of ${losses.length} epochs: train longer, or with a higher learning rate.`,
    },
  ];
}
