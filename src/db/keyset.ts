import { and, asc, desc, eq, gt, gte, lt, lte, or, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { GelqlError } from '../errors.js';
import { isId } from './new-id.js';

/** One column of an order. Columns that may be null come last in both directions. */
export interface OrderTerm {
  column: PgColumn;
  direction: 'asc' | 'desc';
}

/** Relay's page arguments; forwards with `first` and `after`, backwards with `last` and `before`. */
export interface PageRequest {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

export interface Page<Row> {
  rows: Row[];
  /** One for each row: where it stands in the order. */
  cursors: string[];
  hasNextPage: boolean;
  hasPreviousPage: boolean;
}

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 200;

/**
 * A page of rows by the values of the last row seen, so that rows that come in meanwhile neither repeat nor hide any,
 * and, where an index has the order, a late page costs no more than the first. One statement a page. A cursor belongs to
 * its order. The id breaks ties in the direction of the last column: newest first is so to the end, and one index of
 * the columns and the id serves both directions.
 * @param options.order without the id, which is appended here
 * @param options.select runs the query with the given condition, order and limit
 * @throws GelqlError BAD_REQUEST for a page that cannot be: both directions, a size out of range, a foreign cursor
 */
export async function keysetPage<Row extends Record<string, unknown>>(options: {
  page: PageRequest;
  order: readonly OrderTerm[];
  id: PgColumn;
  /** Property names of the order's columns in a row, then that of the id. */
  keys: readonly (keyof Row & string)[];
  select: (query: { where: SQL | undefined; orderBy: SQL[]; limit: number }) => Promise<Row[]>;
}): Promise<Page<Row>> {
  const { page, select, keys } = options;
  const isBackwards = page.last != null || page.before != null;
  const size = pageSize(page, isBackwards);
  const direction = options.order.at(-1)?.direction ?? 'asc';
  const order: OrderTerm[] = [...options.order, { column: options.id, direction }];
  const terms = isBackwards ? order.map(reversed) : order;
  const orderName = nameOf(order, keys);
  const cursor = isBackwards ? page.before : page.after;
  const where =
    cursor == null ? undefined : afterValues(terms, decodeCursor(cursor, orderName, terms), isBackwards);
  const orderBy = terms.map((term, index) => orderTerm(term, isBackwards && index < terms.length - 1));
  const found = await select({ where, orderBy, limit: size + 1 });
  const rows = found.slice(0, size);
  if (isBackwards) rows.reverse();
  const hasMore = found.length > size;
  return {
    rows,
    cursors: rows.map((row) =>
      encodeCursor(
        orderName,
        keys.map((key) => row[key]),
      ),
    ),
    hasNextPage: isBackwards ? cursor != null : hasMore,
    hasPreviousPage: isBackwards ? hasMore : cursor != null,
  };
}

function pageSize({ first, after, last }: PageRequest, isBackwards: boolean): number {
  if (isBackwards && (first != null || after != null)) {
    throw new GelqlError(
      'BAD_REQUEST',
      'Ask for a page with first and after, or with last and before, not both.',
    );
  }
  const size = first ?? last ?? DEFAULT_PAGE_SIZE;
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE_SIZE) {
    throw new GelqlError('BAD_REQUEST', `A page holds 1 to ${MAX_PAGE_SIZE} entries, not ${size}.`);
  }
  return size;
}

const reversed = ({ column, direction }: OrderTerm): OrderTerm => ({
  column,
  direction: direction === 'asc' ? 'desc' : 'asc',
});

/** Nulls are last in the order that was asked for, so they are first when it is read backwards. */
function orderTerm({ column, direction }: OrderTerm, nullsFirst: boolean): SQL {
  const ordered = direction === 'asc' ? asc(column) : desc(column);
  if (column.notNull) return ordered;
  return nullsFirst ? sql`${ordered} nulls first` : sql`${ordered} nulls last`;
}

type CursorValue = string | number | boolean | null;

/**
 * Rows that come after `values` in the order of `terms`: a >= x and (a > x or (a = x and (b > y or ...))). The first
 * condition follows from the second, but it is the one that lets PostgreSQL begin in the middle of an index.
 */
function afterValues(
  terms: readonly OrderTerm[],
  values: readonly CursorValue[],
  nullsFirst: boolean,
): SQL | undefined {
  const [term, ...furtherTerms] = terms;
  const [value, ...furtherValues] = values;
  if (term === undefined || value === undefined) return sql`false`;
  const beyond = beyondValue(term, value, nullsFirst);
  if (furtherTerms.length === 0) return beyond;
  const further = afterValues(furtherTerms, furtherValues, nullsFirst);
  return and(fromValue(term, value), or(beyond, and(equals(term.column, value), further)));
}

/** Nothing for columns with nulls: where these are in the order, they may lie beyond every value. */
function fromValue({ column, direction }: OrderTerm, value: CursorValue): SQL | undefined {
  if (value === null || !column.notNull) return undefined;
  const typed = typedValue(column, value);
  return direction === 'asc' ? gte(column, typed) : lte(column, typed);
}

function beyondValue(
  { column, direction }: OrderTerm,
  value: CursorValue,
  nullsFirst: boolean,
): SQL | undefined {
  if (value === null) return nullsFirst ? sql`${column} is not null` : sql`false`;
  const typed = typedValue(column, value);
  const beyond = direction === 'asc' ? gt(column, typed) : lt(column, typed);
  return column.notNull || nullsFirst ? beyond : or(beyond, sql`${column} is null`);
}

function equals(column: PgColumn, value: CursorValue): SQL {
  return value === null ? sql`${column} is null` : eq(column, typedValue(column, value));
}

/** Dates travel in a cursor as ISO text. */
function typedValue(column: PgColumn, value: Exclude<CursorValue, null>): unknown {
  return column.dataType === 'date' ? new Date(String(value)) : value;
}

/** Says which order a cursor belongs to: its values mean another place in any other. */
function nameOf(order: readonly OrderTerm[], keys: readonly string[]): string {
  return order.map(({ direction }, index) => `${keys[index] ?? ''} ${direction}`).join(', ');
}

function encodeCursor(orderName: string, values: readonly unknown[]): string {
  const plain = values.map((value) => (value instanceof Date ? value.toISOString() : value));
  return Buffer.from(JSON.stringify([orderName, ...plain])).toString('base64url');
}

const cursorSchema = z.tuple([z.string()], z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** @throws GelqlError BAD_REQUEST unless the cursor is of this order and holds one value of the right type for each term */
function decodeCursor(cursor: string, orderName: string, terms: readonly OrderTerm[]): CursorValue[] {
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  const [name, ...values] = parsed.success ? parsed.data : [''];
  const fits =
    name === orderName &&
    values.length === terms.length &&
    values.every((value, index) => isOfColumn(value, terms[index]?.column));
  if (!fits) throw new GelqlError('BAD_REQUEST', `"${cursor}" is not a cursor of this list in this order.`);
  return values;
}

/** Also refuses what the column's type cannot hold: PostgreSQL would fail on it. */
function isOfColumn(value: CursorValue, column: PgColumn | undefined): boolean {
  if (column === undefined) return false;
  if (value === null) return !column.notNull;
  if (column.dataType === 'date') return typeof value === 'string' && isIsoDate(value);
  if (column.columnType === 'PgUUID') return typeof value === 'string' && isId(value);
  if (column.getSQLType() === 'integer' || column.getSQLType() === 'serial') return isInt32(value);
  if (typeof value === 'string' && value.includes('\0')) return false;
  return typeof value === column.dataType;
}

/** As encodeCursor writes it: four digits of the year, milliseconds, UTC. */
function isIsoDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function isInt32(value: CursorValue): boolean {
  return typeof value === 'number' && (value | 0) === value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
