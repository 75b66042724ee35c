import { registerAnsweredModel, rightBut } from '../support/answered-models.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';

const BEST = `query Best($metric: Metric, $dataset: String, $testDigest: String) {
  bestModel(metric: $metric, dataset: $dataset, testDigest: $testDigest) {
    model { name } result { modelName testDigest } metric value interval { low high } decidedBy comparedCount explanation
    tiedWith { model { name } result { modelName } value isPaired onlyBestRight onlyThisRight pValue unadjustedPValue }
  }
}`;
const COMPARE = `query Compare($a: String!, $b: String!) {
  compareModels(a: $a, b: $b) {
    a { model { name } accuracy { k n } rocAuc onlyRight }
    b { model { name } accuracy { k n } rocAuc onlyRight }
    pictureCount groupCount pValue rocAucDifference rocAucDifferenceInterval { low high } rocAucPValue explanation
    differences { name sha256 label a { label probability } b { label probability } }
  }
}`;

let opened: GraphQLApp;

beforeAll(async () => {
  opened = await openGraphQLApp();
  const { database } = opened.app;
  await registerAnsweredModel(database, { name: 'good', right: rightBut([0]) });
  await registerAnsweredModel(database, { name: 'close', right: rightBut([0, 1, 2]) });
  await registerAnsweredModel(database, { name: 'bad', right: rightBut([...Array(16).keys()]) });
  await registerAnsweredModel(database, { name: 'elsewhere', pictures: 'b', right: rightBut([], 10) });
}, 600_000);
afterAll(() => opened?.close());

interface Best {
  bestModel: {
    model: { name: string };
    result: { testDigest: string };
    tiedWith: { model: { name: string } }[];
    [field: string]: unknown;
  };
}

const askBest = async (variables: Record<string, unknown>) =>
  (await askData<Best>(opened.yoga, BEST, variables)).bestModel;

describe('bestModel', () => {
  it('names the winner, the rule, and the ties with their evidence', async () => {
    const best = await askBest({});
    expect(best).toMatchObject({
      model: { name: 'good' },
      result: { modelName: 'good' },
      metric: 'ACCURACY',
      value: 39 / 40,
      decidedBy: 'AGE',
      comparedCount: 3,
      tiedWith: [
        {
          model: { name: 'close' },
          isPaired: true,
          onlyBestRight: 2,
          onlyThisRight: 0,
          pValue: 0.5,
          unadjustedPValue: 0.5,
        },
        {
          model: { name: 'elsewhere' },
          isPaired: false,
          onlyBestRight: null,
          onlyThisRight: null,
          pValue: null,
        },
      ],
    });
  });

  it('takes a metric, a data set and a test digest', async () => {
    expect(await askBest({ metric: 'LOG_LOSS' })).toMatchObject({
      metric: 'LOG_LOSS',
      model: { name: 'good' },
    });
    const { result } = await askBest({ dataset: 'seed' });
    expect(
      (await askBest({ testDigest: result.testDigest })).tiedWith.map(({ model }) => model.name),
    ).toEqual(['close']);
    const { status, errors } = await ask(opened.yoga, BEST, { dataset: 'absent' });
    expect([status, errors[0]?.extensions.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('is what answers where no model is named', async () => {
    expect((await opened.app.bestModels.best()).model.name).toBe('good');
  });
});

describe('compareModels', () => {
  it('lists the pictures on which two models differ, with both answers', async () => {
    const { compareModels } = await askData(opened.yoga, COMPARE, { a: 'good', b: '2' });
    expect(compareModels).toMatchObject({
      a: { model: { name: 'good' }, accuracy: { k: 39, n: 40 }, rocAuc: 1, onlyRight: 2 },
      b: { model: { name: 'close' }, accuracy: { k: 37, n: 40 }, rocAuc: 0.995, onlyRight: 0 },
      pictureCount: 40,
      groupCount: 40,
      pValue: 0.5,
      rocAucDifference: expect.closeTo(0.005, 12) as unknown,
      differences: [
        {
          name: 'a-1.png',
          sha256: 'a-1'.padEnd(64, '.'),
          label: 'not_gel',
          a: { label: 'not_gel', probability: 0.9 },
          b: { label: 'gel', probability: 0.7 },
        },
        {
          name: 'a-2.png',
          label: 'gel',
          a: { label: 'gel', probability: 0.9 },
          b: { label: 'not_gel', probability: 0.7 },
        },
      ],
    });
  });

  it('refuses what cannot be compared, with advice', async () => {
    const { status, errors } = await ask(opened.yoga, COMPARE, { a: 'good', b: 'elsewhere' });
    expect([status, errors[0]?.extensions.code]).toEqual([409, 'NOT_COMPARABLE']);
    expect(errors[0]?.extensions.advice).toContain('trained on one data set with one split seed');
  });
});
