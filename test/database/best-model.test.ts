import type { Database } from '../../src/db/client.js';
import { newId } from '../../src/db/new-id.js';
import { findBestModel, type BestModel, type BestModelQuestion } from '../../src/comparison/best-model.js';
import { createBestModels } from '../../src/comparison/best-models.js';
import { proportionOf } from '../../src/evaluation/intervals.js';
import type { Evaluation } from '../../src/words/evaluation.js';
import { registerAnsweredModel, resultOf, rightBut } from '../support/answered-models.js';
import { insertResult } from '../../src/registry/results.js';
import { describeDatabase } from '../support/database.js';
import { PUBLISHED_RESULTS } from '../support/published-results.js';
import { evaluationWith, registerTestModel } from '../support/registry-rows.js';

async function ask(database: Database, question?: BestModelQuestion): Promise<BestModel> {
  const best = await findBestModel(database, question);
  if (best === null) throw new Error('There is no best model.');
  return best;
}

const namesOf = ({ ties }: BestModel) => ties.map(({ model }) => model.name);

describeDatabase('the best model', (open) => {
  it('is none where none is registered', async () => {
    expect(await findBestModel(open())).toBeNull();
    await expect(createBestModels(open()).best()).rejects.toMatchObject({ code: 'NO_MODEL' });
    await expect(findBestModel(open(), { dataset: 'absent' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is told with its interval, and that it is the only one', async () => {
    await registerAnsweredModel(open(), { name: 'first', right: rightBut([0, 1, 2]) });
    const best = await ask(open());
    expect(best).toMatchObject({ decidedBy: 'ONLY_MODEL', comparedCount: 1, ties: [], value: 37 / 40 });
    const { low, high } = proportionOf(37, 40);
    expect(best.interval).toEqual({ low, high });
    expect(best.explanation).toBe(
      'first: accuracy 92.50 % (95 % interval 80.14 % to 97.42 %) on 40 test pictures of seed. No other model was tested on these pictures.',
    );
  });

  it('does not compete with itself under a second name', async () => {
    const headBytes = new TextEncoder().encode('first');
    await registerAnsweredModel(open(), { name: 'first again', headBytes, right: rightBut([0, 1, 2]) });
    const best = await ask(open());
    expect(best).toMatchObject({ decidedBy: 'ONLY_MODEL', comparedCount: 1, ties: [] });
    expect(best.model.name).toBe('first');
  });

  it('is tied with those that a paired test does not tell from it, with the counts', async () => {
    await registerAnsweredModel(open(), { name: 'close', right: rightBut([0, 1, 3, 4], 40, 0.91) });
    await registerAnsweredModel(open(), { name: 'far', right: rightBut([...Array(16).keys()]) });
    const best = await ask(open());
    expect([best.model.name, best.decidedBy, best.comparedCount]).toEqual(['first', 'AGE', 3]);
    expect(best.ties).toEqual([
      {
        model: expect.objectContaining({ name: 'close' }) as unknown,
        result: expect.objectContaining({ modelName: 'close' }) as unknown,
        value: 0.9,
        evidence: {
          better: null,
          paired: {
            onlyFirst: 2,
            onlySecond: 1,
            groupsFirst: 2,
            groupsSecond: 1,
            pValue: 1,
            adjustedPValue: 1,
          },
        },
      },
    ]);
    expect(best.explanation).toContain(
      '1 of the 2 other models tested on these pictures is not shown to be worse (exact McNemar test, near-duplicates counted once, Holm correction, 5 % level). Of these 2, first is the oldest.',
    );
  });

  it('may be tied with models tested on other pictures, which are compared by their intervals only', async () => {
    // All of 20 right: a higher accuracy on fewer pictures, and a lower bound of 83.9 %.
    await registerAnsweredModel(open(), { name: 'few pictures', pictures: 'few', right: rightBut([], 20) });
    await registerAnsweredModel(open(), {
      name: 'many wrong',
      pictures: 'few',
      right: rightBut([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 20),
    });
    const best = await ask(open());
    expect([best.model.name, best.result.testCount, best.decidedBy]).toEqual([
      'few pictures',
      20,
      'LOWER_BOUND',
    ]);
    // 'many wrong' is shown to be worse on the same pictures, the others are not.
    expect(namesOf(best)).toEqual(['first', 'close']);
    expect(best.ties.map(({ evidence }) => evidence)).toEqual([
      { paired: null, better: null },
      { paired: null, better: null },
    ]);
    expect(best.explanation).toContain(
      'The only other model tested on these pictures is shown to be worse (exact McNemar test, near-duplicates counted once, Holm correction, 5 % level). Its interval overlaps that of 2 models that were tested on other pictures: only a test on the same pictures would tell whether they are as good.',
    );
  });

  it('can be asked for on one set of test pictures', async () => {
    const first = await ask(open(), { dataset: 'seed' });
    expect(first.model.name).toBe('few pictures');
    const { testDigest } = await resultOf(open(), first.ties[0]!.model);
    const best = await ask(open(), { testDigest });
    expect([best.model.name, namesOf(best), best.decidedBy]).toEqual(['first', ['close'], 'AGE']);
    await expect(ask(open(), { testDigest: 'absent' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('can be asked for on the pictures of one data set, by name or digest', async () => {
    await registerAnsweredModel(open(), {
      name: 'of another set',
      datasetName: 'another',
      pictures: 'another',
      right: rightBut([...Array(12).keys()]),
    });
    for (const dataset of ['another', 'd'.repeat(64)]) {
      expect((await ask(open(), { dataset })).model.name).toBe(
        dataset === 'another' ? 'of another set' : 'few pictures',
      );
    }
    expect((await ask(open(), { dataset: 'another' })).decidedBy).toBe('ONLY_MODEL');
    await expect(ask(open(), { dataset: 'absent' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'No model was tested on pictures of a data set "absent".',
    });
  });
});

describeDatabase('the best model by another metric', (open) => {
  beforeAll(async () => {
    await registerAnsweredModel(open(), { name: 'sure', right: rightBut([0, 1, 2], 40, 0.97) });
    await registerAnsweredModel(open(), { name: 'unsure', right: rightBut([0, 1], 40, 0.6) });
    await registerAnsweredModel(open(), { name: 'guessing', right: rightBut([...Array(20).keys()]) });
  });

  test.each([
    ['ACCURACY', 'sure', 37 / 40, 'CALIBRATION', ['unsure']],
    ['BALANCED_ACCURACY', 'sure', 37 / 40, 'CALIBRATION', ['unsure']],
    ['F1', 'sure', 0.925, 'CALIBRATION', ['unsure']],
    ['LOG_LOSS', 'sure', 0.1185, 'METRIC', []],
    ['BRIER', 'sure', 0.0376, 'METRIC', []],
  ] as const)('%s', async (metric, winner, value, rule, ties) => {
    const best = await ask(open(), { metric });
    expect([best.metric, best.model.name, best.decidedBy, namesOf(best)]).toEqual([
      metric,
      winner,
      rule,
      ties,
    ]);
    expect(best.value).toBeCloseTo(value, 3);
    expect(best.interval!.low).toBeLessThan(best.value);
    expect(best.interval!.high).toBeGreaterThan(best.value);
  });

  it('says which model has the best value where a tie-breaker chose another', async () => {
    const { explanation } = await ask(open(), { metric: 'ACCURACY' });
    expect(explanation).toContain(
      'The highest accuracy is 95.00 %, of unsure; 1 of its 2 rivals, this one among them, is not shown to be worse',
    );
    expect(explanation).toContain('Of these 2, sure has the lowest log loss, by more than its noise.');
  });

  it('ROC_AUC passes over results that have none', async () => {
    const { evaluation } = await resultOf(open(), (await ask(open())).model);
    const withoutArea: Evaluation = { ...evaluation, accuracy: proportionOf(400, 400), rocAuc: null };
    await registerTestModel(open(), { name: 'one class only', evaluation: withoutArea });
    expect((await ask(open())).model.name).toBe('one class only');
    const best = await ask(open(), { metric: 'ROC_AUC' });
    expect([best.model.name, namesOf(best), best.decidedBy]).toEqual(['sure', ['unsure'], 'CALIBRATION']);
    // 19 of 20 score above all, one above 18 of 20.
    expect(best.value).toBeCloseTo(398 / 400, 12);
  });
});

describeDatabase('cross-validated models', (open) => {
  const surest = () => ask(open()).then(({ model }) => model.name);

  it('count by their folds where they have no held-out result, and apart from held-out ones', async () => {
    await registerAnsweredModel(open(), { name: 'held out', right: rightBut([0]) });
    await registerAnsweredModel(open(), { name: 'in folds', kind: 'CROSS_VALIDATION', right: rightBut([]) });
    const best = await ask(open());
    expect([best.model.name, best.decidedBy, best.comparedCount]).toEqual(['in folds', 'LOWER_BOUND', 1]);
    expect(best.ties.map(({ model, evidence }) => [model.name, evidence.paired])).toEqual([
      ['held out', null],
    ]);
    expect(best.explanation).toContain('on 40 cross-validated pictures of seed');
  });

  it('count by their held-out result alone where they have one', async () => {
    const inFolds = (await ask(open())).model;
    const result = await resultOf(open(), inFolds);
    const row = { ...result, id: newId(), kind: 'HOLDOUT' as const, testDigest: 'other' };
    await insertResult(open(), { ...row, accuracyLow: 0.5, accuracyHigh: 0.6 }, []);
    expect(await surest()).toBe('held out');
  });
});

describeDatabase('the published 24 models in a database', (open) => {
  it('have no champion', async () => {
    for (const { modelId, confusion } of PUBLISHED_RESULTS) {
      const correct = confusion[0][0] + confusion[1][1];
      const evaluation = { ...evaluationWith({ correct, low: 0, high: 1, logLoss: 0.5 }), confusion };
      await registerTestModel(open(), {
        name: `published ${modelId}`,
        evaluation: { ...evaluation, accuracy: proportionOf(correct, 22) },
        scores: [],
      });
    }
    const best = await ask(open());
    expect([best.model.name, best.decidedBy, best.comparedCount, best.ties.length]).toEqual([
      'published 16',
      'LOWER_BOUND',
      24,
      20,
    ]);
    expect(best.explanation).toBe(
      'published 16: accuracy 95.45 % (95 % interval 78.20 % to 99.19 %) on 22 test pictures of seed. 20 of the 23 other models tested on these pictures are not told from it: intervals overlap, and what they answered to each picture is not known.',
    );
  });
});

describeDatabase('a remembered best model', (open) => {
  it('is found anew as soon as there is a new result', async () => {
    const statements: string[] = [];
    const counted = new Proxy(open(), {
      get: (database, key) => {
        if (key === 'drizzle') statements.push('statement');
        return Reflect.get(database, key) as unknown;
      },
    });
    const bestModels = createBestModels(counted);
    expect(await bestModels.find()).toBeNull();
    await registerAnsweredModel(open(), { name: 'first', right: rightBut([0, 1]) });
    const first = await bestModels.best();
    expect(first.model.name).toBe('first');
    statements.length = 0;
    expect(await bestModels.best()).toBe(first);
    expect(statements).toHaveLength(1);
    await registerAnsweredModel(open(), { name: 'second', right: rightBut([], 400) });
    expect((await bestModels.best()).model.name).toBe('second');
    expect((await bestModels.find({ metric: 'BRIER' }))?.metric).toBe('BRIER');
  });
});
