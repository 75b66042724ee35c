import { createRandom } from '../../src/random.js';
import type { Candidate } from '../../src/comparison/candidate.js';
import { addElsewhere, chooseBestModel, findTies } from '../../src/comparison/choose-best-model.js';
import { proportionOf } from '../../src/evaluation/intervals.js';
import { rightBut } from '../support/answered-models.js';
import { answered } from '../support/answered-pictures.js';
import { PUBLISHED_RESULTS } from '../support/published-results.js';
import { simulate, type Setting } from '../support/simulated-models.js';

const ACCURACY = { metric: 'ACCURACY', classCount: 2 } as const;

/** A model that was tested on n pictures; what its answers were is not known. */
function withoutAnswers(modelId: string, right: number, n: number): Candidate {
  const { value, low, high } = proportionOf(right, n);
  return {
    modelId,
    value: value!,
    interval: { low: low!, high: high! },
    logLoss: 0.5,
    inferenceTimeSecs: 0.1,
    timedOn: 'CPU onnxruntime',
    parameterCount: 1,
    answers: null,
  };
}

/** `probabilities` of the right class. */
function withAnswers(
  modelId: string,
  probabilities: readonly number[],
  given: Partial<Candidate> = {},
): Candidate {
  const labels = probabilities.map((_, picture) => picture % 2);
  const answers = answered(
    labels,
    probabilities.map((right, picture) => (labels[picture] === 1 ? right : 1 - right)),
  );
  const right = probabilities.filter((probability) => probability > 0.5).length;
  return {
    ...withoutAnswers(modelId, right, labels.length),
    logLoss: probabilities.reduce((sum, probability) => sum - Math.log(probability), 0) / labels.length,
    answers,
    ...given,
  };
}

const many = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);
const idsOf = (ties: readonly { candidate: Candidate }[]) => ties.map(({ candidate }) => candidate.modelId);

/** Chance of at most so many events where each trial has one at the given rate. */
function atMost(events: number, trials: number, rate: number): number {
  let [term, sum] = [(1 - rate) ** trials, 0];
  for (let count = 0; count <= events; count++) {
    sum += term;
    term *= ((trials - count) / (count + 1)) * (rate / (1 - rate));
  }
  return sum;
}

describe('the published 24 models', () => {
  const models = PUBLISHED_RESULTS.map(({ modelId, confusion: [[a], [, b]] }) =>
    withoutAnswers(String(modelId).padStart(2, '0'), a + b, 22),
  );

  it('are the ones whose champion is right on 21 of 22 pictures', () => {
    expect(models.map(({ value }) => `${(value * 100).toFixed(2)}%`)).toEqual(
      PUBLISHED_RESULTS.map(({ accuracy }) => accuracy),
    );
  });

  it('have no champion: the first is tied with most of the others', () => {
    const { winner, decidedBy, ties } = chooseBestModel(models, ACCURACY);
    expect([winner.modelId, winner.value]).toEqual(['16', 21 / 22]);
    expect(decidedBy).toBe('LOWER_BOUND');
    // 14 of 22, whose interval reaches 80.3 %, is the last above the 78.2 % at which the winner's begins.
    const tied = models.filter(({ modelId, value }) => modelId !== '16' && value >= 14 / 22);
    expect(idsOf(ties).sort()).toEqual(tied.map(({ modelId }) => modelId));
    expect(ties).toHaveLength(20);
    expect(ties.every(({ evidence }) => evidence.paired === null)).toBe(true);
  });

  it('would have none either if the answers spoke as much for the champion as the counts allow', () => {
    // Every other model errs where the champion errs and on its own pictures besides.
    const nested = models.map(({ modelId, value }) =>
      withAnswers(
        modelId,
        rightBut(
          Array.from({ length: Math.round((1 - value) * 22) }, (_, n) => n),
          22,
        ),
      ),
    );
    const { leader, ties } = findTies(nested, ACCURACY);
    expect(leader.modelId).toBe('16');
    // 10 pictures to none is the least that 23 comparisons tell apart: 23 x 2 / 2^10 < 5 %.
    expect(models.filter(({ modelId }) => modelId !== '16' && !idsOf(ties).includes(modelId))).toEqual([
      expect.objectContaining({ modelId: '06', value: 0.5 }),
    ]);
  });
});

describe('simulated models', () => {
  const settings: Setting[] = [22, 92, 500].flatMap((pictures) =>
    ([0.8, 0.9, 0.95] as const).flatMap((accuracy) =>
      [0, 0.7].map((correlation) => ({ pictures, accuracies: many(24, accuracy), correlation })),
    ),
  );

  test.each(
    settings.map(
      (setting) => [setting.pictures, setting.accuracies[0], setting.correlation, setting] as const,
    ),
  )(
    '24 equal ones on %i pictures, accuracy %d, correlation %d: a unique winner in at most 5 %% of trials',
    (_pictures, _accuracy, _correlation, setting) => {
      const trials = setting.pictures > 100 ? 120 : 200;
      const { unique, firstLeftOut } = simulate(setting, trials, 1);
      // So few would be seen in at most 2.5 % of cases if the true rate were 5 % or more.
      expect(atMost(unique, trials, 0.05)).toBeLessThan(0.025);
      // A model that is as good as any is left out of the ties about as seldom; here the rate itself is near 2 %.
      expect(1 - atMost(firstLeftOut - 1, trials, 0.05)).toBeGreaterThan(0.001);
    },
  );

  it('count near-duplicates once: copies of every picture name no winner, unless they pass for more pictures', () => {
    const setting: Setting = { pictures: 22, accuracies: many(2, 0.8), correlation: 0, copies: 5 };
    const known = simulate(setting, 400, 1);
    const unknown = simulate({ ...setting, areCopiesKnown: false }, 400, 1);
    expect(atMost(known.unique, 400, 0.05)).toBeLessThan(0.025);
    expect(unknown.unique).toBeGreaterThan(100);
  });

  it('name the one that is better where there are pictures enough to show it', () => {
    const found = [22, 92, 500].map((pictures) => {
      const accuracies = [0.95 as const, ...many(23, 0.8 as const)];
      return simulate({ pictures, accuracies, correlation: 0.7 }, 100, 1);
    });
    // Never another one, more often the more pictures there are; docs/benchmarks.md has the figures.
    expect(found.map(({ unique, uniqueFirst }) => unique - uniqueFirst)).toEqual([0, 0, 0]);
    const [few, some, enough] = found.map(({ uniqueFirst }) => uniqueFirst);
    expect(few).toBe(0);
    expect(some).toBeGreaterThan(few!);
    expect(enough).toBeGreaterThan(95);
  });
});

describe('the choice among models tested on the same pictures', () => {
  const equal = rightBut([0, 1]);

  it('needs no rule for a single one', () => {
    expect(chooseBestModel([withAnswers('a', equal)], ACCURACY)).toMatchObject({
      decidedBy: 'ONLY_MODEL',
      ties: [],
    });
  });

  it('falls on the one that is significantly better than all others', () => {
    const worse = rightBut(Array.from({ length: 14 }, (_, picture) => picture));
    const { winner, decidedBy, ties } = chooseBestModel(
      [withAnswers('a', worse), withAnswers('b', equal), withAnswers('c', worse)],
      ACCURACY,
    );
    expect([winner.modelId, decidedBy, ties]).toEqual(['b', 'METRIC', []]);
  });

  it('falls by calibration on the clearly lower log loss, also where another has one more picture right', () => {
    const sure = withAnswers('sure', rightBut([0, 1, 2], 40, 0.99));
    const unsure = withAnswers('unsure', rightBut([0, 1], 40, 0.6));
    const { winner, leader, decidedBy, ties, steps } = chooseBestModel([unsure, sure], ACCURACY);
    expect([winner.modelId, leader.modelId, decidedBy]).toEqual(['sure', 'unsure', 'CALIBRATION']);
    expect(steps).toEqual([{ rule: 'CALIBRATION', left: 1 }]);
    expect(ties).toEqual([
      {
        candidate: unsure,
        evidence: {
          better: null,
          paired: {
            onlyFirst: 0,
            onlySecond: 1,
            groupsFirst: 0,
            groupsSecond: 1,
            pValue: 1,
            adjustedPValue: 1,
          },
        },
      },
    ]);
  });

  it('leaves a log loss within its noise undecided', () => {
    const random = createRandom(1, 'noise');
    const noisy = () => Array.from({ length: 40 }, () => 0.8 + 0.15 * random.nextFloat());
    const [first, second] = [withAnswers('first', noisy()), withAnswers('second', noisy())];
    expect(first.logLoss).not.toBe(second.logLoss);
    expect(chooseBestModel([first, second], ACCURACY).decidedBy).toBe('AGE');
  });

  test.each([
    ['the faster', 'LATENCY', { inferenceTimeSecs: 0.03 }],
    [
      'the smaller, where the times are within their noise',
      'SIZE',
      { inferenceTimeSecs: 0.07, parameterCount: 0 },
    ],
    [
      'the smaller, where the times were measured on different engines',
      'SIZE',
      { inferenceTimeSecs: 0.01, timedOn: 'CPU wasm', parameterCount: 0 },
    ],
    ['the older, where nothing else differs', 'AGE', { modelId: '0' }],
  ] as const)('falls on %s', (_name, rule, given) => {
    const others = ['1', '2'].map((id) => withAnswers(id, equal));
    const favoured = withAnswers('3', equal, given);
    const { winner, decidedBy, ties } = chooseBestModel([...others, favoured], ACCURACY);
    expect([winner, decidedBy]).toEqual([favoured, rule]);
    expect(idsOf(ties)).toEqual(['1', '2']);
  });

  it('asks the next tie-breaker of those only that the one before left', () => {
    const { winner, steps } = chooseBestModel(
      [
        withAnswers('a', rightBut([0], 40, 0.6), { inferenceTimeSecs: 0.001 }),
        withAnswers('b', rightBut([0], 40, 0.95), { inferenceTimeSecs: 0.1 }),
        withAnswers('c', rightBut([0], 40, 0.95), { inferenceTimeSecs: 0.03 }),
      ],
      ACCURACY,
    );
    expect([winner.modelId, steps]).toEqual([
      'c',
      [
        { rule: 'CALIBRATION', left: 2 },
        { rule: 'LATENCY', left: 1 },
      ],
    ]);
  });

  test.each([
    ['BALANCED_ACCURACY', 0.9, 0.5],
    ['F1', 0.9, 0.5],
    ['ROC_AUC', 1, 0.5],
    ['LOG_LOSS', 0.1, 0.7],
    ['BRIER', 0.01, 0.25],
  ] as const)('tells models apart by %s', (metric, good, bad) => {
    const wrong = Array.from({ length: 20 }, (_, picture) => picture);
    const better = withAnswers('better', rightBut([0]), { value: good });
    const worse = withAnswers('worse', rightBut(wrong), { value: bad });
    const { winner, decidedBy } = chooseBestModel([worse, better], { metric, classCount: 2 });
    expect([winner.modelId, decidedBy]).toEqual(['better', 'METRIC']);
  });
});

describe('models tested on other pictures', () => {
  const alone = chooseBestModel([withAnswers('here', rightBut([0]))], ACCURACY);

  it('are tied with the best where their intervals overlap, and no tie-breaker is asked', () => {
    const elsewhere = { ...withoutAnswers('elsewhere', 40, 40), inferenceTimeSecs: 0.001 };
    const { winner, decidedBy, ties } = addElsewhere(alone, [elsewhere], true);
    expect([winner.modelId, decidedBy]).toEqual(['here', 'LOWER_BOUND']);
    expect(ties).toEqual([{ candidate: elsewhere, evidence: { paired: null, better: null } }]);
  });

  it('are not tied where their interval lies below', () => {
    expect(addElsewhere(alone, [withoutAnswers('elsewhere', 20, 40)], true)).toMatchObject({
      decidedBy: 'METRIC',
      ties: [],
    });
    expect(addElsewhere(alone, [], true).decidedBy).toBe('METRIC');
    expect(addElsewhere(alone, [], false).decidedBy).toBe('ONLY_MODEL');
  });

  it('do not change by which rule the others were chosen from', () => {
    const both = chooseBestModel(
      ['a', 'b'].map((id) => withAnswers(id, rightBut([0]))),
      ACCURACY,
    );
    expect(addElsewhere(both, [withoutAnswers('elsewhere', 40, 40)], true).decidedBy).toBe('AGE');
  });
});
