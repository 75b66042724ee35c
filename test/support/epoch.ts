import type { TrainingEnd } from '../../src/words/training-rules.js';
import type { EpochProgress } from '../../src/words/run-event.js';

/** An epoch without validation, whose loss says which one it is. @param number from 1 */
export const epoch = (number: number): EpochProgress => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  validationLoss: null,
  validationAccuracy: null,
});

/** How a training ended that had nothing to stop for. */
export const TRAINED: TrainingEnd = { keptEpoch: 1, stopReason: 'ALL_EPOCHS' };
