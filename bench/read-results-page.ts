import type { Database } from '../src/db/client.js';
import { keysetPage, type PageRequest } from '../src/db/keyset.js';
import { results } from '../src/db/schema.js';
import {
  countResults,
  filterCondition,
  pageResults,
  selectResults,
  type ResultFilter,
  type ResultOrder,
} from '../src/registry/results.js';

export interface AskedPage {
  filter: ResultFilter;
  order: readonly ResultOrder[];
  request: PageRequest;
  withCount: boolean;
  /** The same for GraphQL. */
  variables: Record<string, unknown>;
}

/** The statements that a page takes and nothing of GraphQL. */
export async function readPage(database: Database, page: AskedPage): Promise<void> {
  await pageResults(database, page.filter, page.order, page.request);
  if (page.withCount) await countResults(database, page.filter);
}

/** Where the middle of what the filter lets through is; undefined where it lets nothing through. */
export async function middleCursor(
  database: Database,
  filter: ResultFilter,
  order: readonly ResultOrder[],
): Promise<string | undefined> {
  const offset = Math.floor((await countResults(database, filter)) / 2);
  const { cursors } = await pageThrough({ order, request: { first: 1 } }, ({ orderBy }) =>
    database.drizzle
      .select()
      .from(results)
      .where(filterCondition(filter))
      .orderBy(...orderBy)
      .limit(1)
      .offset(offset),
  );
  return cursors[0];
}

/** What PostgreSQL does for a page, as text. */
export async function explainPage(database: Database, page: AskedPage): Promise<string> {
  let plan = '';
  await pageThrough(page, async (query) => {
    const { sql, params } = selectResults(database, page.filter, query).toSQL();
    const { rows } = await database.executeSql(`explain (analyze, buffers) ${sql}`, params);
    plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    return [];
  });
  return plan;
}

type Select = Parameters<typeof keysetPage<typeof results.$inferSelect>>[0]['select'];

function pageThrough({ order, request }: Pick<AskedPage, 'order' | 'request'>, select: Select) {
  return keysetPage({
    page: request,
    order: order.map(({ field, direction }) => ({ column: results[field], direction })),
    id: results.id,
    keys: [...order.map(({ field }) => field), 'id'],
    select,
  });
}
