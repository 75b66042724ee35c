import type { StopReason, TrainingRules } from '../../words/training-rules.js';

/** The epoch with the lowest validation loss so far. */
export interface BestEpoch {
  number: number;
  loss: number;
}

/** The epoch that has just ended, where it is the best so far; of equal ones the first stays. */
export function betterEpoch(
  best: BestEpoch | null,
  { patience }: Pick<TrainingRules, 'patience'>,
  { number, validationLoss }: { number: number; validationLoss: number | null },
): BestEpoch | null {
  if (patience === 0 || validationLoss === null) return null;
  return validationLoss < (best?.loss ?? Infinity) ? { number, loss: validationLoss } : null;
}

/** Why no epoch follows `epoch`; null where one does. @param epoch 0 before the first */
export function stopReasonAfter(
  epoch: number,
  best: BestEpoch | null,
  { epochs, rules: { patience } }: { epochs: number; rules: Pick<TrainingRules, 'patience'> },
): StopReason | null {
  if (epoch >= epochs) return 'ALL_EPOCHS';
  return best !== null && epoch - best.number >= patience ? 'NO_IMPROVEMENT' : null;
}
