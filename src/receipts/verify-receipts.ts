import { and, asc, gt, lt, lte, or } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { classifications, receiptChain, reviews, shadowScores } from '../db/schema.js';
import { contentHashOf, FIRST_PREVIOUS_HASH, linkHashOf } from './receipt.js';

export const RECEIPT_PROBLEMS = ['ALTERED', 'REMOVED', 'INSERTED', 'REWRITTEN'] as const;
export type ReceiptProblemKind = (typeof RECEIPT_PROBLEMS)[number];

/** The first record that is not as it was stored. */
export interface ReceiptProblem {
  kind: ReceiptProblemKind;
  /** Its place in the chain; null where the row that names the end is gone. */
  sequence: number | null;
  /** Id of the record; null where it is gone. */
  recordId: string | null;
  message: string;
}

/** A place in the chain with its hash, as somebody noted it outside the database. */
export interface ReceiptMark {
  sequence: number;
  hash: string;
}

export interface ReceiptReport {
  /** Records that are as they were stored: all of them, or those before the problem. */
  intactCount: number;
  /** The end of the chain when the verification began: worth noting outside the database. */
  head: ReceiptMark;
  problem: ReceiptProblem | null;
}

type ChainedRow = Record<string, unknown> & {
  id: string;
  createdAt: Date;
  sequence: number;
  contentHash: string;
  previousHash: string;
  hash: string;
};

/** Tables whose rows are in the chain, by their names in the database. */
const CHAINED = { classifications, reviews, shadow_scores: shadowScores } as const;

const PAGE = 500;

/**
 * Recomputes the whole chain from the rows and finds the first one that was altered, removed or inserted, whatever was
 * done to the triggers. Whoever can write to the database can also rewrite all of the chain from some record on: only
 * a mark that was noted elsewhere shows that.
 * @param mark a head that an earlier report named
 */
export async function verifyReceipts(
  scope: DatabaseScope,
  mark: ReceiptMark | null = null,
): Promise<ReceiptReport> {
  const head = await readEnd(scope);
  if (head === null) return endless;
  let previous: ReceiptMark = { sequence: 0, hash: FIRST_PREVIOUS_HASH };
  let problem: ReceiptProblem | null = null;
  while (problem === null && previous.sequence < head.sequence) {
    const last = Math.min(previous.sequence + PAGE, head.sequence);
    for (const link of await readLinks(scope, previous.sequence, last)) {
      problem = findProblem(link, previous, mark);
      if (problem !== null) break;
      previous = { sequence: previous.sequence + 1, hash: link.row.hash };
    }
    if (problem === null && previous.sequence < last) problem = removedAt(previous.sequence + 1);
  }
  problem ??= findEndProblem(previous, head, mark) ?? (await findStray(scope));
  return { intactCount: previous.sequence, head, problem };
}

const endless: ReceiptReport = {
  intactCount: 0,
  head: { sequence: 0, hash: FIRST_PREVIOUS_HASH },
  problem: {
    kind: 'REMOVED',
    sequence: null,
    recordId: null,
    message: 'The row that names the end of the chain is gone.',
  },
};

async function readEnd(scope: DatabaseScope): Promise<ReceiptMark | null> {
  const { sequence, hash } = receiptChain;
  const [row] = await scope.drizzle.select({ sequence, hash }).from(receiptChain);
  return row ?? null;
}

interface Link {
  table: string;
  row: ChainedRow;
}

/** The records after one place up to another, in order. */
async function readLinks(scope: DatabaseScope, after: number, last: number): Promise<Link[]> {
  const found = await Promise.all(
    Object.entries(CHAINED).map(async ([table, columns]) => {
      const rows = await scope.drizzle
        .select()
        .from(columns)
        .where(and(gt(columns.sequence, after), lte(columns.sequence, last)))
        .orderBy(asc(columns.sequence));
      return rows.map((row): Link => ({ table, row }));
    }),
  );
  return found.flat().sort((left, right) => left.row.sequence - right.row.sequence);
}

function findProblem(
  { table, row }: Link,
  previous: ReceiptMark,
  mark: ReceiptMark | null,
): ReceiptProblem | null {
  const sequence = previous.sequence + 1;
  const problem = (kind: ReceiptProblemKind, message: string): ReceiptProblem => ({
    kind,
    sequence,
    recordId: row.id,
    message: `Record ${sequence} of the chain (${table} ${row.id}) ${message}.`,
  });
  if (row.sequence > sequence) return removedAt(sequence);
  if (row.sequence !== sequence) return problem('INSERTED', 'has the same place as another');
  const contentHash = contentHashOf(row);
  if (row.contentHash !== contentHash) return problem('ALTERED', 'does not match the hash of its content');
  const { createdAt, previousHash } = row;
  const hash = linkHashOf({ table, sequence, previousHash, contentHash, createdAt });
  if (row.hash !== hash) return problem('ALTERED', 'does not match its own hash');
  if (previousHash !== previous.hash) return problem('INSERTED', 'is not linked to the one before it');
  const isRewritten = mark?.sequence === sequence && mark.hash !== hash;
  return isRewritten ? problem('REWRITTEN', 'has another hash than the one that was noted') : null;
}

function removedAt(sequence: number): ReceiptProblem {
  return { kind: 'REMOVED', sequence, recordId: null, message: `Record ${sequence} of the chain is gone.` };
}

/** What only shows after the last record. */
function findEndProblem(
  last: ReceiptMark,
  head: ReceiptMark,
  mark: ReceiptMark | null,
): ReceiptProblem | null {
  if (mark !== null && mark.sequence > last.sequence) return removedAt(last.sequence + 1);
  if (last.hash === head.hash) return null;
  return {
    kind: 'ALTERED',
    sequence: head.sequence,
    recordId: null,
    message: `The end of the chain does not name the hash of record ${head.sequence}.`,
  };
}

/** A record before the first or beyond the last place of the chain. */
async function findStray(scope: DatabaseScope): Promise<ReceiptProblem | null> {
  for (const [table, columns] of Object.entries(CHAINED)) {
    // One statement: records that are appended meanwhile move the end with them.
    const [row] = await scope.drizzle
      .select({ id: columns.id, sequence: columns.sequence })
      .from(columns)
      .innerJoin(receiptChain, or(lt(columns.sequence, 1), gt(columns.sequence, receiptChain.sequence)))
      .orderBy(asc(columns.sequence))
      .limit(1);
    if (row === undefined) continue;
    const { id: recordId, sequence } = row;
    return {
      kind: 'INSERTED',
      sequence,
      recordId,
      message: `Record ${sequence} (${table} ${recordId}) lies outside the chain.`,
    };
  }
  return null;
}
