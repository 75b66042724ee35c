import { createHash } from 'node:crypto';

/** What a record of the chain stands on, as the database computes it when the row is inserted (migrations/). */
export interface ReceiptLink {
  /** The record's table. */
  table: string;
  sequence: number;
  previousHash: string;
  contentHash: string;
  createdAt: Date;
}

/** What the first record names as the one before it. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/** Set by the database, or bound by the link instead of the content. */
const OUTSIDE_CONTENT = new Set(['sequence', 'contentHash', 'previousHash', 'hash', 'createdAt']);

/**
 * SHA-256, hex, over the canonical JSON of a row by its column names in the program. Columns without a value are left
 * out, so a column that is added later changes no hash of the rows that were there before.
 */
export function contentHashOf(row: Readonly<Record<string, unknown>>): string {
  const content = Object.entries(row).filter(
    ([name, value]) => !OUTSIDE_CONTENT.has(name) && value !== null && value !== undefined,
  );
  return sha256(canonicalJson(Object.fromEntries(content)));
}

/** SHA-256, hex: the function chain_record of the migrations says the same in SQL. */
export function linkHashOf({ table, sequence, previousHash, contentHash, createdAt }: ReceiptLink): string {
  return sha256(
    ['gelql-receipt/1', table, sequence, previousHash, contentHash, createdAt.getTime()].join('\n'),
  );
}

/** JSON with the keys of every object in the order of their UTF-16 code units and no white space. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortKeys(JSON.parse(JSON.stringify(value))));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sortKeys(entry)]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
