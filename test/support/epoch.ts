import type { EpochProgress } from '../../src/words/run-event.js';

/** An epoch without validation, whose loss says which one it is. @param number from 1 */
export const epoch = (number: number): EpochProgress => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5,
  validationLoss: null,
  validationAccuracy: null,
});
