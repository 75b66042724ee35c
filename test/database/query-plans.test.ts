import type { PgColumn } from 'drizzle-orm/pg-core';
import { keysetPage, type OrderTerm, type PageRequest } from '../../src/db/keyset.js';
import { models, results } from '../../src/db/schema.js';
import { describeDatabase } from '../support/database.js';

const ROWS = 5_000;
const PAGE = 20;

/** Made by the server: every row has a different loss, about 50 rows share an accuracy. */
const MANY_ROWS = `
  insert into artifacts (sha256, kind, size_bytes, bytes) values ('head', 'head', 1, '\\x00');
  insert into models (id, name, origin, architecture, backbone_id, backbone_sha256, feature_size, head, head_sha256,
      classes, recipe, optimizer, device, engine, feature_engine, digest, configuration, created_at)
    select gen_random_uuid(), 'model ' || n, 'TRAINED', 'resnet18', 'b', 'b', 512, 'SINGLE', 'head', '["gel", "not_gel"]',
      'gel-v1', 'ADAM', 'CPU', 'wasm', 'wasm', 'd', '{}', now() + n / 2 * interval '1 second'
    from generate_series(1, ${ROWS}) n;
  insert into results (id, model_id, model_number, model_name, hardware_type, pretrained_model, classifier_head, opt_alg,
      training_time_mins, inference_time_secs, accuracy, precision, recall, f1, accuracy_low, accuracy_high, log_loss,
      brier, test_count, trainable, kind, test_digest, epochs, learning_rate, batch_size, seed, engine, dataset_name, dataset_digest,
      test_description, evaluation, created_at)
    select gen_random_uuid(), id, number, name, 'CPU', 'resnet18', 'SINGLE', 'ADAM', 1, 1, number % 100 / 100.0, 0, 0, 0,
      number % 100 / 101.0, 1, random(), 0, 100, 'HEAD', 'HOLDOUT', 't', 20, 0.001, 23, 1, 'wasm', 's', 'd', 't', '{}', created_at
    from models;
  analyze;`;

interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

describeDatabase('the plan of a page', (open) => {
  beforeAll(() => open().executeSql(MANY_ROWS));

  type Paged = { table: typeof models | typeof results; keys: string[]; order: OrderTerm[] };
  const paged = (
    table: Paged['table'],
    ...terms: (readonly [string, PgColumn, 'asc' | 'desc'])[]
  ): Paged => ({
    table,
    keys: [...terms.map(([key]) => key), 'id'],
    order: terms.map(([, column, direction]) => ({ column, direction })),
  });

  async function explainPage({ table, keys, order }: Paged, page: PageRequest) {
    let plan: PlanNode[] = [];
    const { cursors } = await keysetPage<Record<string, unknown>>({
      page,
      order,
      id: table.id,
      keys,
      select: async ({ where, orderBy, limit }) => {
        const query = open()
          .drizzle.select()
          .from(table as typeof results)
          .where(where)
          .orderBy(...orderBy)
          .limit(limit);
        const { sql, params } = query.toSQL();
        const { rows } = await open().executeSql(`explain (analyze, timing off, format json) ${sql}`, params);
        const [{ Plan }] = rows[0]?.['QUERY PLAN'] as [{ Plan: PlanNode }];
        plan = flat(Plan);
        return query;
      },
    });
    return { plan, cursors };
  }

  /** A cursor from the middle of the list. */
  async function middle(list: Paged): Promise<string> {
    const first = await explainPage(list, { first: 200 });
    let cursor = first.cursors.at(-1) ?? '';
    for (let row = 200; row < ROWS / 2; row += 200) {
      const { cursors } = await explainPage(list, { first: 200, after: cursor });
      cursor = cursors.at(-1) ?? '';
    }
    return cursor;
  }

  test.each<[string, string, Paged]>([
    [
      'results, best first',
      'results_rank',
      paged(results, ['accuracyLow', results.accuracyLow, 'desc'], ['logLoss', results.logLoss, 'asc']),
    ],
    ['results by accuracy', 'results_accuracy', paged(results, ['accuracy', results.accuracy, 'desc'])],
    ['results, newest first', 'results_created', paged(results, ['createdAt', results.createdAt, 'desc'])],
    ['models, newest first', 'models_created', paged(models, ['createdAt', models.createdAt, 'desc'])],
  ])('walks an index instead of sorting and begins where the page begins: %s', async (_name, index, list) => {
    const cursor = await middle(list);
    const pages: PageRequest[] = [
      { first: PAGE },
      { first: PAGE, after: cursor },
      { last: PAGE },
      { last: PAGE, before: cursor },
    ];
    for (const page of pages) {
      const { plan } = await explainPage(list, page);
      expect(plan.map((node) => [node['Node Type'], node['Index Name']])).toEqual([
        ['Limit', undefined],
        ['Index Scan', index],
      ]);
      // Rows that tie with the cursor in the first column are looked at and left out; all others are the page.
      expect(plan[1]?.['Rows Removed by Filter'] ?? 0).toBeLessThan(ROWS / 50);
    }
  });
});
