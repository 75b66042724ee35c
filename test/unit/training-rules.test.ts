import { resolveConfiguration, type TrainingRequest } from '../../src/runs/resolve-configuration.js';
import { resolveGrid } from '../../src/sweeps/sweep-grid.js';
import { trainingRules } from '../../src/training/training-rules.js';
import { rateShare } from '../../src/compute/tasks/rate-share.js';
import { PLAIN_RULES, type RateRule } from '../../src/words/training-rules.js';
import { caughtError } from '../support/caught-error.js';

const rulesFor = (request: TrainingRequest, labels: number[]) =>
  trainingRules(resolveConfiguration(request), labels, 2);
const weightsFor = (classWeights: TrainingRequest['classWeights'], labels: number[]) =>
  rulesFor({ classWeights }, labels).loss.classWeights;

describe('the rules of a training', () => {
  it("are the published experiment's where nothing is asked for", () => {
    const { rate, ...rules } = rulesFor({}, [0, 0, 0, 1]);
    expect({ ...rules, rate: { ...rate, steps: 1 } }).toEqual(PLAIN_RULES);
    expect(rate.steps).toBe(20);
  });

  it('weigh classes by n / (C n_c) where they are to be balanced', () => {
    expect(weightsFor('BALANCED', [0, 0, 0, 1])).toEqual([4 / 6, 2]);
    expect(weightsFor('BALANCED', [0, 1])).toEqual([1, 1]);
  });

  it('weigh classes of themselves from a ratio of 1.5', () => {
    expect(weightsFor('AUTO', [0, 0, 0, 1, 1])).toEqual([5 / 6, 5 / 4]);
    expect(weightsFor('AUTO', [0, 0, 0, 0, 1, 1, 1])).toBeNull();
    expect(weightsFor('NONE', [0, 0, 0, 1])).toBeNull();
  });

  it('are refused out of range', () => {
    const error = caughtError(() => resolveConfiguration({ labelSmoothing: 1, weightDecay: -1 }));
    expect(error.code).toBe('BAD_REQUEST');
    expect(error.facts).toMatchObject({
      problems: [expect.stringMatching(/^weightDecay: /), expect.stringMatching(/^labelSmoothing: /)],
    });
    expect(resolveConfiguration({ labelSmoothing: 0.999 }).labelSmoothing).toBe(0.999);
  });
});

describe('the augmentation of a training', () => {
  it('is refused where there are no views to augment', () => {
    const error = caughtError(() => resolveConfiguration({ augmentation: 'STRONG' }));
    expect(error.message).toMatch(/augmentation: needs augmentationViews above 1/);
    expect(caughtError(() => resolveGrid({ augmentations: ['LIGHT', 'STRONG'] })).code).toBe('BAD_REQUEST');
    expect(resolveGrid({ augmentations: ['STRONG'], augmentationViews: 4 }).augmentations).toEqual([
      'STRONG',
    ]);
  });
});

describe('the patience of a training', () => {
  it('is refused where nothing is kept for validation', () => {
    const refused = [
      { patience: 3, validationFraction: 0 },
      { patience: 3, folds: 3, testFraction: 0 },
    ];
    for (const request of refused) {
      const error = caughtError(() => resolveConfiguration(request));
      expect(error.message).toMatch(/patience: needs validation pictures/);
    }
    expect(resolveConfiguration({ patience: 3 }).patience).toBe(3);
  });
});

describe('the share of the learning rate', () => {
  const sharesOf = (rule: RateRule) =>
    Array.from({ length: rule.steps }, (_, step) => Number(rateShare(rule, step).toFixed(3)));

  it('rises over the warm-up and stays, or falls along half a cosine', () => {
    expect(sharesOf({ schedule: 'CONSTANT', warmupSteps: 0, steps: 3 })).toEqual([1, 1, 1]);
    expect(sharesOf({ schedule: 'CONSTANT', warmupSteps: 2, steps: 4 })).toEqual([0.5, 1, 1, 1]);
    expect(sharesOf({ schedule: 'COSINE', warmupSteps: 1, steps: 5 })).toEqual([1, 1, 0.854, 0.5, 0.146]);
  });

  it('never reaches the top where the warm-up is longer than the training', () => {
    expect(sharesOf({ schedule: 'COSINE', warmupSteps: 8, steps: 4 })).toEqual([0.125, 0.25, 0.375, 0.5]);
  });
});
