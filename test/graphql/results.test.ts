import {
  COLUMN_NAMES,
  RANGE_COLUMNS,
  TEXT_COLUMNS,
  type ResultColumn,
} from '../../src/words/result-columns.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { evaluationWith, registerTestModel } from '../support/registry-rows.js';

type Value = string | number | null;
type Row = Record<ResultColumn, Value>;
interface Connection {
  totalCount: number;
  edges: { cursor: string; node: Row }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
}

const COLUMNS: readonly ResultColumn[] = [...COLUMN_NAMES];
const ENUM_COLUMNS: readonly ResultColumn[] = [
  'hardwareType',
  'pretrainedModel',
  'classifierHead',
  'optAlg',
  'trainable',
  'engine',
  'kind',
];
const QUERY = `query Results($filter: ResultFilter, $orderBy: [ResultOrder!], $first: Int, $after: String, $last: Int, $before: String) {
  results(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    edges { cursor node { ${COLUMNS.join(' ')} } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const enumName = (column: string) => column.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const PARTS = [undefined, 'ALL', 'STEM_AND_HEAD'] as const;

let opened: GraphQLApp;
/** All rows, oldest first. */
let rows: Row[];

beforeAll(async () => {
  opened = await openGraphQLApp();
  for (let index = 0; index < 11; index += 1) {
    // Values repeat, so that every order has ties; some areas under the curve are absent.
    await registerTestModel(opened.app.database, {
      name: `model-${String.fromCharCode(97 + ((index * 7) % 11))}`,
      datasetName: ['seed', 'corpus', 'demo'][index % 3]!,
      configuration: {
        head: index % 2 === 0 ? 'SINGLE' : 'MULTI',
        optimizer: index % 4 < 2 ? 'ADAM' : 'SGD',
        device: index === 5 ? 'GPU' : 'CPU',
        ...(index % 3 === 0 ? {} : { network: { part: PARTS[index % 3]!, learningRate: 0.001 } }),
        epochs: 10 + (index % 4),
        batchSize: 8 * (1 + (index % 3)),
        seed: (index * 5) % 7,
        learningRate: [0.1, 0.01, 0.001][index % 3]!,
      },
      evaluation: evaluationWith({
        correct: 70 + ((index * 3) % 8),
        low: 0.5 + ((index * 3) % 8) / 100,
        high: 0.9 + ((index * 3) % 8) / 100,
        logLoss: 0.2 + (index % 5) / 10,
        rocAuc: index % 4 === 1 ? null : 0.9 + (index % 3) / 100,
      }),
    });
  }
  rows = (await fetchPage({ orderBy: [{ field: 'MODEL_NUMBER', direction: 'ASC' }] })).edges.map(
    ({ node }) => node,
  );
  expect(rows).toHaveLength(11);
}, 600_000);
afterAll(() => opened?.close());

const fetchPage = async (variables: Record<string, unknown>): Promise<Connection> =>
  (await askData<{ results: Connection }>(opened.yoga, QUERY, variables)).results;

/** In the order of the column, absent values last; ties by age, in the same direction. */
function expectedOrder(column: ResultColumn, direction: 'ASC' | 'DESC'): Row[] {
  const sign = direction === 'ASC' ? 1 : -1;
  return [...rows].sort((left, right) => {
    const [a, b] = [left[column], right[column]];
    if (a === b) return sign * (Number(left.modelNumber) - Number(right.modelNumber));
    if (a === null) return 1;
    if (b === null) return -1;
    return sign * (a < b ? -1 : 1);
  });
}

const orders = COLUMNS.flatMap((column) => [[column, 'ASC'] as const, [column, 'DESC'] as const]);

describe('the results', () => {
  it.each(orders)(
    'ordered by %s %s come in pages, forwards and backwards, that make up the whole',
    async (column, direction) => {
      const orderBy = [{ field: enumName(column), direction }];
      const expected = expectedOrder(column, direction).map(({ modelName }) => modelName);

      const forwards: Value[] = [];
      let after: string | null = null;
      do {
        const { edges, pageInfo }: Connection = await fetchPage({ orderBy, first: 6, after });
        expect(pageInfo.hasPreviousPage).toBe(after !== null);
        forwards.push(...edges.map(({ node }) => node.modelName));
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      expect(forwards).toEqual(expected);

      const backwards: Value[] = [];
      let before: string | null = null;
      do {
        const { edges, pageInfo }: Connection = await fetchPage({ orderBy, last: 6, before });
        expect(pageInfo.hasNextPage).toBe(before !== null);
        backwards.unshift(...edges.map(({ node }) => node.modelName));
        before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
      } while (before !== null);
      expect(backwards).toEqual(expected);
    },
  );

  it('ordered by several columns break ties with the next one', async () => {
    const { edges } = await fetchPage({
      orderBy: [
        { field: 'OPT_ALG', direction: 'DESC' },
        { field: 'ROC_AUC', direction: 'ASC' },
        { field: 'MODEL_NAME', direction: 'DESC' },
      ],
    });
    const rank = ({ optAlg, rocAuc }: Row) => `${optAlg === 'SGD' ? 0 : 1} ${rocAuc ?? 9}`;
    const expected = [...rows].sort((a, b) => {
      if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
      return String(a.modelName) < String(b.modelName) ? 1 : -1;
    });
    expect(edges.map(({ node }) => node.modelName)).toEqual(expected.map(({ modelName }) => modelName));
  });

  it('come best first where no order is given', async () => {
    const { edges } = await fetchPage({});
    const expected = [...rows].sort(
      (a, b) => Number(b.accuracyLow) - Number(a.accuracyLow) || Number(a.logLoss) - Number(b.logLoss),
    );
    expect(edges.map(({ node }) => node.modelName)).toEqual(expected.map(({ modelName }) => modelName));
  });

  it.each([...TEXT_COLUMNS])('filtered by %s are those with one of the values', async (column) => {
    const wanted = [...new Set(rows.map((row) => row[column]))].slice(0, 2);
    const { totalCount, edges } = await fetchPage({ filter: { [column]: wanted } });
    const expected = rows.filter((row) => wanted.includes(row[column]));
    expect(totalCount).toBe(expected.length);
    expect(edges.map(({ node }) => node.modelName).sort()).toEqual(
      expected.map(({ modelName }) => modelName).sort(),
    );
    const absent = ENUM_COLUMNS.includes(column) ? [] : ['no such value'];
    expect((await fetchPage({ filter: { [column]: absent } })).totalCount).toBe(0);
  });

  it.each([...RANGE_COLUMNS])('filtered by a range of %s include both its ends', async (column) => {
    const values = [...new Set(rows.map((row) => row[column]).filter((value) => value !== null))].sort(
      (a, b) => (a < b ? -1 : 1),
    );
    const [min, max] = [values[Math.min(1, values.length - 1)]!, values[Math.max(0, values.length - 2)]!];
    const isBetween = (row: Row, low: Value, high: Value) =>
      row[column] !== null && (low === null || row[column] >= low) && (high === null || row[column] <= high);
    for (const [low, high] of [
      [min, max],
      [min, null],
      [null, max],
    ] as const) {
      const { totalCount, edges } = await fetchPage({ filter: { [column]: { min: low, max: high } } });
      const expected = rows.filter((row) => isBetween(row, low, high));
      expect(totalCount).toBe(expected.length);
      expect(edges.map(({ node }) => node.modelName).sort()).toEqual(
        expected.map(({ modelName }) => modelName).sort(),
      );
    }
  });

  it('filtered by several columns fulfil all conditions, on every page', async () => {
    const filter = { classifierHead: ['SINGLE'], epochs: { min: 11 }, rocAuc: { min: 0.9, max: 0.93 } };
    const expected = expectedOrder('logLoss', 'DESC').filter(
      (row) => row.classifierHead === 'SINGLE' && Number(row.epochs) >= 11 && row.rocAuc !== null,
    );
    expect(expected.length).toBeGreaterThan(1);
    const found: Value[] = [];
    let after: string | null = null;
    do {
      const page: Connection = await fetchPage({
        filter,
        orderBy: [{ field: 'LOG_LOSS', direction: 'DESC' }],
        first: 1,
        after,
      });
      expect(page.totalCount).toBe(expected.length);
      found.push(...page.edges.map(({ node }) => node.modelName));
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(expected.map(({ modelName }) => modelName));
  });

  it('refuse a cursor that was given in another order', async () => {
    const orderBy = [{ field: 'ACCURACY', direction: 'ASC' }];
    const { pageInfo } = await fetchPage({ orderBy, first: 1 });
    for (const field of ['LOG_LOSS', 'MODEL_NAME']) {
      const answer = await ask(opened.yoga, QUERY, {
        orderBy: [{ field, direction: 'ASC' }],
        after: pageInfo.endCursor,
      });
      expect(answer.status).toBe(400);
      expect(answer.errors[0]?.message).toContain('is not a cursor of this list in this order');
    }
  });

  it('are of models that page likewise', async () => {
    const names: string[] = [];
    let after: string | null = null;
    interface Models {
      models: { edges: { node: { name: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }
    do {
      const { models }: Models = await askData<Models>(
        opened.yoga,
        'query M($after: String) { models(first: 3, after: $after) { edges { node { name } } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      names.push(...models.edges.map(({ node }) => node.name));
      after = models.pageInfo.hasNextPage ? models.pageInfo.endCursor : null;
    } while (after !== null);
    expect(names).toEqual(rows.map(({ modelName }) => modelName).reverse());
  });
});
