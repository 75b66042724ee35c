import { MAX_PAGE_SIZE, type Page, type PageRequest } from '../db/keyset.js';

/** The first `limit` rows of a list that is read page by page. */
export async function collectPages<Row>(
  limit: number,
  readPage: (page: PageRequest) => Promise<Page<Row>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  while (rows.length < limit) {
    const page = await readPage({ first: Math.min(MAX_PAGE_SIZE, limit - rows.length), after });
    rows.push(...page.rows);
    after = page.cursors.at(-1);
    if (!page.hasNextPage || after === undefined) break;
  }
  return rows;
}
