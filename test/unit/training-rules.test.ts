import { resolveConfiguration, type TrainingRequest } from '../../src/runs/resolve-configuration.js';
import { trainingRules } from '../../src/training/training-rules.js';
import { PLAIN_RULES } from '../../src/words/training-rules.js';
import { caughtError } from '../support/caught-error.js';

const rulesFor = (request: TrainingRequest, labels: number[]) =>
  trainingRules(resolveConfiguration(request), labels, 2);
const weightsFor = (classWeights: TrainingRequest['classWeights'], labels: number[]) =>
  rulesFor({ classWeights }, labels).loss.classWeights;

describe('the rules of a training', () => {
  it("are the published experiment's where nothing is asked for", () => {
    expect(rulesFor({}, [0, 0, 0, 1])).toEqual(PLAIN_RULES);
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
