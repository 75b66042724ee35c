import type { Database } from '../src/db/client.js';
import { createRandom } from '../src/random.js';
import type { ResultFilter, ResultOrder } from '../src/registry/results.js';
import { middleCursor, type AskedPage } from './read-results-page.js';

const PAGE = 20;
/** Pages of each kind under each kind of filter: every order twice. */
const TIMES = 20;
const SEED = 1;

/** What a results table shows. */
export const PAGE_QUERY = `query Page($filter: ResultFilter, $orderBy: [ResultOrder!], $first: Int, $after: String, $last: Int, $withCount: Boolean!) {
  results(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last) {
    totalCount @include(if: $withCount)
    edges {
      cursor
      node {
        modelNumber modelName hardwareType pretrainedModel classifierHead optAlg trainingTimeMins inferenceTimeSecs
        accuracy accuracyLow accuracyHigh testCount precision recall confusionMatrix rocAuc logLoss createdAt
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

const by = (field: ResultOrder['field'], direction: ResultOrder['direction']): ResultOrder => ({
  field,
  direction,
});

const ORDERS: readonly (readonly ResultOrder[])[] = [
  [by('accuracyLow', 'desc'), by('logLoss', 'asc')],
  [by('accuracy', 'desc'), by('logLoss', 'asc')],
  [by('accuracy', 'asc')],
  [by('createdAt', 'desc')],
  [by('modelName', 'asc')],
  [by('rocAuc', 'desc')],
  [by('logLoss', 'asc')],
  [by('inferenceTimeSecs', 'asc')],
  [by('trainingTimeMins', 'desc')],
  [by('pretrainedModel', 'asc'), by('f1', 'desc')],
];

/** By how many of the results they let through. */
const FILTERS: Readonly<Record<string, readonly ResultFilter[]>> = {
  'no filter': [{}],
  'a third to a half': [
    { pretrainedModel: ['resnet18'] },
    { classifierHead: ['MULTI'], kind: ['HOLDOUT'] },
    { accuracy: { min: 0.9 } },
    { optAlg: ['ADAM'], accuracy: { min: 0.8, max: 0.98 } },
  ],
  'some per cent': [
    { pretrainedModel: ['vgg16'], hardwareType: ['GPU'] },
    { datasetName: ['data set 3'], classifierHead: ['SINGLE'], optAlg: ['SGD'] },
    { kind: ['CROSS_VALIDATION'], accuracy: { min: 0.95 } },
    { inferenceTimeSecs: { max: 0.025 } },
  ],
  'a few': [
    { modelName: ['model 77', 'model 4711'] },
    { modelNumber: { min: 1_050_000, max: 1_050_030 } },
    { logLoss: { max: 0.003 } },
    { accuracy: { max: 0.34 }, pretrainedModel: ['resnet18'], seed: { min: 2, max: 2 } },
  ],
};

const KINDS = ['first page', 'deep page', 'last page', 'first page with totalCount'] as const;
type Kind = (typeof KINDS)[number];

/** Different pages in a mixed order: each kind of page under each kind of filter, in every order. */
export async function askedPages(database: Database): Promise<{ page: AskedPage; group: string }[]> {
  const random = createRandom(SEED, 'asked pages');
  const asked: { page: AskedPage; group: string; key: number }[] = [];
  for (const [width, filters] of Object.entries(FILTERS)) {
    for (const kind of KINDS) {
      for (let time = 0; time < TIMES; time++) {
        const filter = filters[random.nextBelow(filters.length)] ?? {};
        const page = await toPage(database, kind, filter, ORDERS[time % ORDERS.length] ?? []);
        asked.push({ page, group: `${width}: ${kind}`, key: random.nextFloat() });
      }
    }
  }
  return asked.sort((a, b) => a.key - b.key).map(({ page, group }) => ({ page, group }));
}

async function toPage(
  database: Database,
  kind: Kind,
  filter: ResultFilter,
  order: readonly ResultOrder[],
): Promise<AskedPage> {
  const size = kind === 'last page' ? { last: PAGE } : { first: PAGE };
  const after = kind === 'deep page' ? await middleCursor(database, filter, order) : undefined;
  const orderBy = order.map(({ field, direction }) => ({
    field: field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    direction: direction.toUpperCase(),
  }));
  const withCount = kind === 'first page with totalCount';
  return {
    filter,
    order,
    request: { ...size, after },
    withCount,
    variables: { filter: toVariables(filter), orderBy, ...size, after, withCount },
  };
}

/** GraphQL spells the networks in capitals; all other values are as they are stored. */
function toVariables({ pretrainedModel, ...filter }: ResultFilter): Record<string, unknown> {
  if (pretrainedModel == null) return filter;
  return { ...filter, pretrainedModel: pretrainedModel.map((name) => name.toUpperCase()) };
}
