import { and, eq, sql } from 'drizzle-orm';
import { doublePrecision, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import type { DatabaseScope } from '../../src/db/client.js';
import {
  keysetPage,
  MAX_PAGE_SIZE,
  type OrderTerm,
  type Page,
  type PageRequest,
} from '../../src/db/keyset.js';
import { newId } from '../../src/db/new-id.js';
import { describeDatabase } from '../support/database.js';

const samples = pgTable('samples', {
  id: uuid('id').primaryKey(),
  round: integer('round').notNull(),
  count: integer('count').notNull(),
  score: doublePrecision('score'),
  name: text('name'),
  at: timestamp('at', { withTimezone: true, precision: 3, mode: 'date' }).notNull(),
});
type Sample = typeof samples.$inferSelect;

const KEYS = ['count', 'score', 'name', 'at'] as const;
type Term = { key: (typeof KEYS)[number]; direction: 'asc' | 'desc' };

/** Few values, so that ties and nulls are common. */
const anyRow = fc.record({
  count: fc.constantFrom(-2_147_483_648, 0, 7),
  score: fc.constantFrom(null, -0.1, 0.1 + 0.2, 1e-300),
  name: fc.constantFrom(null, '', 'a', 'B', 'ä', '"quoted\\', '𝄞'),
  at: fc.constantFrom(new Date('1970-01-01T00:00:00.000Z'), new Date('2024-02-29T23:59:59.999Z')),
});
const anyOrder = fc.uniqueArray(
  fc.record({ key: fc.constantFrom(...KEYS), direction: fc.constantFrom('asc' as const, 'desc' as const) }),
  { selector: ({ key }) => key, maxLength: 4 },
);

describeDatabase('keysetPage', (open) => {
  let round = 0;
  let statements = 0;

  beforeAll(() =>
    open()
      .executeSql(`create table samples (id uuid primary key, round integer not null, count integer not null,
      score double precision, name text, at timestamptz(3) not null)`),
  );

  const pageOf = (scope: DatabaseScope, order: readonly Term[], page: PageRequest): Promise<Page<Sample>> =>
    keysetPage<Sample>({
      page,
      order: order.map(({ key, direction }): OrderTerm => ({ column: samples[key], direction })),
      id: samples.id,
      keys: [...order.map(({ key }) => key), 'id'],
      select: ({ where, orderBy, limit }) => {
        statements += 1;
        return scope.drizzle
          .select()
          .from(samples)
          .where(and(eq(samples.round, round), where))
          .orderBy(...orderBy)
          .limit(limit);
      },
    });

  /** The whole list in the order that SQL itself gives it. */
  const whole = (order: readonly Term[]): Promise<Sample[]> =>
    open()
      .drizzle.select()
      .from(samples)
      .where(eq(samples.round, round))
      .orderBy(
        ...order.map(({ key, direction }) => sql`${samples[key]} ${sql.raw(direction)} nulls last`),
        sql`${samples.id} ${sql.raw(order.at(-1)?.direction ?? 'asc')}`,
      );

  const insert = async (rows: readonly Omit<Sample, 'id' | 'round'>[]): Promise<void> => {
    round += 1;
    if (rows.length > 0)
      await open()
        .drizzle.insert(samples)
        .values(rows.map((row) => ({ id: newId(), round, ...row })));
  };

  test('gives the whole list, page by page, without gaps or repeats, in both directions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRow, { maxLength: 25 }),
        anyOrder,
        fc.integer({ min: 1, max: 9 }),
        async (rows, order, size) => {
          await insert(rows);
          const expected = await whole(order);

          const forwards: Sample[] = [];
          for (let after: string | null = null, more = true; more;) {
            const page: Page<Sample> = await pageOf(open(), order, { first: size, after });
            expect(page.hasPreviousPage).toBe(after !== null);
            forwards.push(...page.rows);
            after = page.cursors.at(-1) ?? null;
            more = page.hasNextPage;
            expect(page.rows.length === size || !more).toBe(true);
          }
          expect(forwards).toEqual(expected);

          const backwards: Sample[] = [];
          for (let before: string | null = null, more = true; more;) {
            const page: Page<Sample> = await pageOf(open(), order, { last: size, before });
            expect(page.hasNextPage).toBe(before !== null);
            backwards.unshift(...page.rows);
            before = page.cursors[0] ?? null;
            more = page.hasPreviousPage;
          }
          expect(backwards).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  }, 600_000);

  test('asks one statement a page', async () => {
    await insert(fc.sample(anyRow, 30));
    statements = 0;
    const page = await pageOf(open(), [{ key: 'score', direction: 'desc' }], { first: 10 });
    await pageOf(open(), [{ key: 'score', direction: 'desc' }], { first: 10, after: page.cursors[9] ?? '' });
    expect(statements).toBe(2);
  });

  test('is not disturbed by rows that come in and go between two pages', async () => {
    const at = new Date(0);
    const row = (count: number) => ({ count, score: null, name: null, at });
    await insert([10, 20, 30, 40].map(row));
    const order: Term[] = [{ key: 'count', direction: 'asc' }];
    const first = await pageOf(open(), order, { first: 2 });
    await open()
      .drizzle.delete(samples)
      .where(and(eq(samples.round, round), eq(samples.count, 20)));
    await open()
      .drizzle.insert(samples)
      .values([5, 25].map((count) => ({ id: newId(), round, ...row(count) })));
    const second = await pageOf(open(), order, { first: 5, after: first.cursors[1] ?? '' });
    expect(second.rows.map(({ count }) => count)).toEqual([25, 30, 40]);
  });

  const order: Term[] = [
    { key: 'count', direction: 'asc' },
    { key: 'at', direction: 'desc' },
  ];
  const cursorOf = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url');
  const id = '018e0000-0000-7000-8000-000000000000';
  const name = 'count asc, at desc, id desc';
  const date = '2024-01-01T00:00:00.000Z';

  test('accepts the cursors that the refused ones below are made from', async () => {
    await insert([]);
    expect(await pageOf(open(), order, { after: cursorOf([name, 1, date, id]) })).toMatchObject({ rows: [] });
  });

  test.each<[string, PageRequest]>([
    ['no page', { first: 0 }],
    ['a negative page', { last: -1 }],
    ['half a row', { first: 1.5 }],
    ['too large a page', { first: MAX_PAGE_SIZE + 1 }],
    ['both directions', { first: 1, last: 1 }],
    ['a cursor of the other direction', { first: 1, before: cursorOf([name, 1, date, id]) }],
    ['text that is no cursor', { after: 'once upon a time' }],
    ['an empty cursor', { after: '' }],
    ['a cursor that is no list', { after: cursorOf({ count: 1 }) }],
    ['a cursor with nesting', { after: cursorOf([name, [1], date, id]) }],
    ['a cursor of another order', { after: cursorOf(['count desc, at desc, id desc', 1, date, id]) }],
    ['a cursor with a value too few', { after: cursorOf([name, 1, date]) }],
    ['a cursor with a value too many', { after: cursorOf([name, 1, date, id, id]) }],
    ['a value of the wrong type', { after: cursorOf([name, '1', date, id]) }],
    ['a number that the column cannot hold', { after: cursorOf([name, 2 ** 31, date, id]) }],
    ['a fraction for an integer', { after: cursorOf([name, 1.5, date, id]) }],
    ['null where there is never null', { after: cursorOf([name, null, date, id]) }],
    ['a date that is none', { after: cursorOf([name, 1, '2024-13-01T00:00:00.000Z', id]) }],
    ['a date beyond PostgreSQL', { after: cursorOf([name, 1, '+275760-09-13T00:00:00.000Z', id]) }],
    ['an id that is none', { after: cursorOf([name, 1, date, "' or true --"]) }],
  ])('refuses %s', async (_name, page) => {
    await expect(pageOf(open(), order, page)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('refuses text that PostgreSQL cannot hold', async () => {
    const after = cursorOf(['name asc, id asc', 'a\0b', id]);
    const page = pageOf(open(), [{ key: 'name', direction: 'asc' }], { after });
    await expect(page).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
