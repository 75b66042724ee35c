import { adviseLongerTraining } from '../../src/evaluation/still-improving.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import type { StopReason } from '../../src/words/training-rules.js';

const epochsOf = (trainLosses: number[], validationLosses: number[] | null = null): EpochProgress[] =>
  trainLosses.map((trainLoss, index) => ({
    number: index + 1,
    trainLoss,
    trainAccuracy: 0.5,
    validationLoss: validationLosses?.[index] ?? null,
    validationAccuracy: null,
  }));
const codesFor = (epochs: EpochProgress[], stopReason: StopReason = 'ALL_EPOCHS') =>
  adviseLongerTraining(epochs, { keptEpoch: epochs.length, stopReason }).map(({ code }) => code);

const falling = Array.from({ length: 10 }, (_, index) => 1 - index / 20);
const settled = Array.from({ length: 10 }, (_, index) => 0.3 + 0.3 ** index);

describe('the advice to train longer', () => {
  it('is given where the loss still fell over the last fifth of the epochs', () => {
    const [advice] = adviseLongerTraining(epochsOf(falling), { keptEpoch: 10, stopReason: 'ALL_EPOCHS' });
    expect(advice?.code).toBe('STILL_IMPROVING');
    expect(advice?.message).toMatch(/from 0\.675 to 0\.575 over the last 4 of 10 epochs/);
    expect(codesFor(epochsOf([0.7, 0.6]))).toEqual(['STILL_IMPROVING']);
  });

  it('is not given where the loss has settled, or training stopped of itself', () => {
    expect(codesFor(epochsOf(settled))).toEqual([]);
    expect(codesFor(epochsOf(falling), 'NO_IMPROVEMENT')).toEqual([]);
    expect(codesFor(epochsOf([0.004, 0.001]))).toEqual([]);
    expect(codesFor(epochsOf([0.7]))).toEqual([]);
  });

  it('asks the validation loss where there is one', () => {
    expect(codesFor(epochsOf(falling, settled))).toEqual([]);
    expect(codesFor(epochsOf(settled, falling))).toEqual(['STILL_IMPROVING']);
  });
});
