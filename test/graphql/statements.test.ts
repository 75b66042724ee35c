import { epochs } from '../../src/db/schema.js';
import { resolveGrid } from '../../src/sweeps/sweep-grid.js';
import { insertSweep, putParts } from '../../src/sweeps/sweeps.js';
import { insertRun } from '../../src/runs/training-runs.js';
import { askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import {
  configuration,
  evaluationWith,
  insertTestDataset,
  registerTestModel,
} from '../support/registry-rows.js';

const RESULTS = `query Results($first: Int) {
  results(first: $first, orderBy: [{ field: MODEL_NUMBER, direction: ASC }]) {
    totalCount
    edges {
      node {
        modelNumber
        scores { name predictedIndex }
        model {
          name
          results { modelName accuracy }
          trainingRun {
            name
            state
            epochs { number trainLoss }
            model { name }
            dataset { name classes { name pictureCount } }
          }
        }
      }
    }
  }
}`;

const LISTS = `query Lists($first: Int) {
  models(first: $first) { edges { node { number trainingRun { name } results { modelName } } } }
  trainingRuns(first: $first) { edges { node { name dataset { name } model { name } epochs { number } } } }
  datasets(first: $first) { edges { node { name groupCount classes { name groupCount } duplicates { suspectedCount } } } }
  sweeps(first: $first) {
    edges { node { name state counts { total } dataset { name } parts { number run { name } model { name } result { modelName } } } }
  }
  bestModel { model { trainingRun { name } } result { modelName } tiedWith { model { name results { accuracy } } pValue } }
}`;

const COUNT = 30;
let opened: GraphQLApp;

beforeAll(async () => {
  opened = await openGraphQLApp();
  const { database } = opened.app;
  for (let index = 1; index <= COUNT; index += 1) {
    const dataset = await insertTestDataset(database, `set ${index}`);
    const run = await insertRun(database, {
      fingerprint: 'made up',
      datasetId: dataset.id,
      configuration,
      name: `model ${index}`,
    });
    await database.drizzle
      .insert(epochs)
      .values([1, 2].map((number) => ({ runId: run.id, number, trainLoss: 1 / number, trainAccuracy: 0.5 })));
    const evaluation = evaluationWith({ correct: 90, low: 0.8, high: 0.95, logLoss: index });
    await registerTestModel(database, { name: run.name, runId: run.id, evaluation });
    const sweep = await insertSweep(database, {
      datasetId: dataset.id,
      request: resolveGrid({}),
      name: undefined,
    });
    await putParts(database, [
      { sweepId: sweep.id, number: 1, configuration, runId: run.id, isReused: false, refusal: null },
    ]);
  }
}, 600_000);
afterAll(() => opened?.close());

/** What one operation asks of the database; the number of values in a list does not count. */
async function traced<Data>(document: string, first: number): Promise<{ data: Data; statements: string[] }> {
  opened.takeStatements();
  const data = await askData<Data>(opened.yoga, document, { first });
  const statements = opened
    .takeStatements()
    .map((text) => text.replace(/in \(\$\d+(, \$\d+)*\)/g, 'in (...)'));
  return { data, statements };
}

describe('the statements of one operation', () => {
  it('lead from results to models, runs, epochs and data sets', async () => {
    const { data, statements } = await traced(RESULTS, 3);
    expect({ document: RESULTS, statements: statements.map(withoutColumns), data }).toMatchSnapshot();
  });

  it.each([
    ['results', RESULTS],
    ['lists', LISTS],
  ])('are the same for 30 %s as for 3', async (_name, document) => {
    // The best model is found by the first and remembered for the others.
    await traced(document, 1);
    const few = await traced<Record<string, { edges?: unknown[] }>>(document, 3);
    const many = await traced<Record<string, { edges?: unknown[] }>>(document, COUNT);
    for (const [, { edges }] of Object.entries(few.data).filter(([, value]) => 'edges' in value)) {
      expect(edges).toHaveLength(3);
    }
    for (const [, { edges }] of Object.entries(many.data).filter(([, value]) => 'edges' in value)) {
      expect(edges).toHaveLength(COUNT);
    }
    expect(new Set(many.statements)).toEqual(new Set(few.statements));
    // Lists that the database answers at different moments load their nodes in one statement or in two; a statement for
    // each node would be 27 more.
    expect(Math.abs(many.statements.length - few.statements.length)).toBeLessThan(10);
  });

  it('load several nodes of one type at once', async () => {
    const { models } = await askData<{ models: { edges: { node: { id: string } }[] } }>(
      opened.yoga,
      '{ models(first: 10) { edges { node { id } } } }',
    );
    opened.takeStatements();
    await askData(opened.yoga, 'query N($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: models.edges.map(({ node }) => node.id),
    });
    expect(opened.takeStatements()).toHaveLength(1);
  });
});

/** `select "a", "b" from` -> `select ... from`: a new column is no other statement. */
function withoutColumns(statement: string): string {
  return statement.replace(/^select .*? from /, 'select ... from ');
}
