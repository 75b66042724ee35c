import { createPlaces } from '../../../serving/places.js';
import { verifyReceipts, type ReceiptMark, type ReceiptReport } from '../../../receipts/verify-receipts.js';
import { GelqlError } from '../../../errors.js';
import type { Builder } from '../../builder.js';
import type { Enums } from '../enums.js';

/** Verifications at once: each reads all that was ever answered. */
const MAX_VERIFICATIONS = 2;

/** A stored record's place in the chain. */
export interface Receipt {
  sequence: number;
  hash: string;
  previousHash: string;
  contentHash: string;
}

export function defineReceipt(builder: Builder, enums: Enums) {
  const Mark = builder.objectRef<ReceiptMark>('ReceiptMark').implement({
    description: 'A place in the chain of receipts with its hash.',
    fields: (t) => ({
      sequence: t.exposeInt('sequence', { description: 'From 1; 0 for the empty chain.' }),
      hash: t.exposeString('hash', { description: 'SHA-256, hex.' }),
    }),
  });
  const MarkInput = builder.inputType('ReceiptMarkInput', {
    description: 'A `head` that an earlier verification gave, noted outside the database.',
    fields: (t) => ({
      sequence: t.int({ required: true, description: 'From 1.' }),
      hash: t.string({ required: true, description: 'SHA-256, hex.' }),
    }),
  });
  const Problem = builder.objectRef<NonNullable<ReceiptReport['problem']>>('ReceiptProblem').implement({
    description: 'The first record that is not as it was stored.',
    fields: (t) => ({
      kind: t.expose('kind', { type: enums.ReceiptProblemKind, description: 'What happened to it.' }),
      sequence: t.exposeInt('sequence', {
        nullable: true,
        description: 'Its place in the chain; null where the end of the chain is gone.',
      }),
      recordId: t.exposeString('recordId', {
        nullable: true,
        description: 'Its id in the database; null where the record is gone.',
      }),
      message: t.exposeString('message', { description: 'In a sentence.' }),
    }),
  });
  const Report = builder.objectRef<ReceiptReport>('ReceiptReport').implement({
    description: 'Whether all stored records are as they were stored.',
    fields: (t) => ({
      isIntact: t.boolean({
        description: 'Whether nothing was altered, removed or inserted.',
        resolve: ({ problem }) => problem === null,
      }),
      intactCount: t.exposeInt('intactCount', {
        description: 'Records that are as they were stored; those before the problem where there is one.',
      }),
      head: t.field({
        type: Mark,
        description:
          'The end of the chain. Note it elsewhere now and then: a chain that was rewritten as a whole agrees with itself, but not with an earlier head.',
        resolve: ({ head }) => head,
      }),
      problem: t.field({
        type: Problem,
        nullable: true,
        description: 'Null where there is none.',
        resolve: ({ problem }) => problem,
      }),
    }),
  });
  const places = createPlaces(MAX_VERIFICATIONS, { what: 'verifications' });

  builder.queryField('verifyReceipts', (t) =>
    t.field({
      type: Report,
      description: 'Recomputes the hash chain over all stored records and names the first that is broken.',
      args: { mark: t.arg({ type: MarkInput, description: 'Also check that this head is in the chain.' }) },
      resolve: async (_root, { mark }, { app }) => {
        checkMark(mark ?? null);
        places.assertRoom();
        const place = places.take();
        try {
          return await verifyReceipts(app.database, mark);
        } finally {
          place.release();
        }
      },
    }),
  );
  return builder.objectRef<Receipt>('Receipt').implement({
    description:
      'Proof that a record is as it was stored: SHA-256 over its table, place, the hash before, its content and its time.',
    fields: (t) => ({
      sequence: t.exposeInt('sequence', { description: 'Place in the chain, from 1.' }),
      hash: t.exposeString('hash', { description: 'Of this record.' }),
      previousHash: t.exposeString('previousHash', { description: 'Of the record before.' }),
      contentHash: t.exposeString('contentHash', {
        description: 'Of what the record says, as canonical JSON.',
      }),
    }),
  });
}

function checkMark(mark: ReceiptMark | null): void {
  if (mark === null || (mark.sequence >= 1 && /^[0-9a-f]{64}$/.test(mark.hash))) return;
  throw new GelqlError('BAD_REQUEST', 'A mark has a sequence from 1 and a hash of 64 hexadecimal digits.');
}

export type ReceiptRef = ReturnType<typeof defineReceipt>;
