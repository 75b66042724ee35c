import fc from 'fast-check';
import { createAnswerStore } from '../../src/receipts/answer-store.js';
import { canonicalJson, contentHashOf, linkHashOf } from '../../src/receipts/receipt.js';
import { isKeyTaken } from '../../src/classification/repeated-request.js';
import { verifyReceipts, type ReceiptReport } from '../../src/receipts/verify-receipts.js';
import type { DatabaseScope } from '../../src/db/client.js';
import { describeDatabase } from '../support/database.js';
import { newAnswer } from '../support/new-answer.js';
import { registerTestModel } from '../support/registry-rows.js';

const COUNT = 40;

describeDatabase('the chain of receipts', (open) => {
  let modelId: string;
  beforeAll(async () => {
    modelId = (await registerTestModel(open(), { name: 'answering' })).id;
    // Three writers that know nothing of each other, as three servers on one database.
    const stores = [1, 2, 3].map(() => createAnswerStore(open()));
    const numbers = Array.from({ length: COUNT }, (_, index) => index);
    await Promise.all(
      numbers.map((number) =>
        stores[number % 3]!.store([
          newAnswer({
            modelId,
            filename: `bänd ${number} "α"`,
            clientReference: number % 2 === 0 ? `sample ${number}` : null,
            probability: 1 / (number + 3),
            scores: [{ label: 'gel', probability: 1 / (number + 3), logit: -1e-7 * number }],
          }),
        ]),
      ),
    );
  });

  class Undone extends Error {}

  /** What a verification finds after `tamper`, with the triggers off; all of it is undone. */
  async function foundAfter(tamper: (scope: DatabaseScope) => Promise<unknown>): Promise<ReceiptReport> {
    let report: ReceiptReport | undefined;
    const work = open().transaction(async (scope) => {
      await scope.executeSql('alter table classifications disable trigger user');
      await tamper(scope);
      report = await verifyReceipts(scope);
      throw new Undone();
    });
    await expect(work).rejects.toThrow(Undone);
    return report!;
  }

  test('has every answer of every writer once, in one line, and is intact', async () => {
    const { rows } = await open().executeSql(
      'select sequence, previous_hash, hash from classifications order by sequence',
    );
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from({ length: COUNT }, (_, index) => index + 1),
    );
    rows.forEach(({ previous_hash: previous }, index) =>
      expect(previous).toBe(index === 0 ? '0'.repeat(64) : rows[index - 1]?.hash),
    );
    const report = await verifyReceipts(open());
    expect(report).toEqual({
      intactCount: COUNT,
      head: { sequence: COUNT, hash: rows.at(-1)?.hash },
      problem: null,
    });
  });

  const columns: Record<string, string> = {
    label: "label || 'x'",
    filename: "filename || ' '",
    actor: "'somebody'",
    client_reference: "coalesce(client_reference, '') || '!'",
    probability: 'probability * 1.0000000001',
    scores: `'[{"label": "gel", "probability": 1, "logit": 0.5}]'`,
    facts: `facts || '{"page": 7}'`,
    warnings: `warnings || '["SATURATED"]'`,
    timing: `timing || '{"inferMs": 1.25}'`,
    model_digest: "repeat('f', 64)",
    picture_sha256: "repeat('e', 64)",
    recipe: "'reference-v1'",
    created_at: "created_at + interval '1 millisecond'",
    content_hash: "repeat('d', 64)",
    previous_hash: "repeat('c', 64)",
    hash: "repeat('b', 64)",
  };

  test('names the first altered record, whichever column was altered', async () => {
    const alterations = fc.record({
      sequence: fc.integer({ min: 1, max: COUNT }),
      later: fc.integer({ min: 0, max: COUNT }),
      column: fc.constantFrom(...Object.keys(columns)),
    });
    await fc.assert(
      fc.asyncProperty(alterations, async ({ sequence, later, column }) => {
        const report = await foundAfter(async (scope) => {
          const places = [sequence, Math.min(COUNT, sequence + later)];
          await scope.executeSql(
            `update classifications set ${column} = ${columns[column]} where sequence in (${places.join()})`,
          );
        });
        expect(report.problem).toMatchObject({ kind: 'ALTERED', sequence, recordId: expect.any(String) });
        expect(report.intactCount).toBe(sequence - 1);
      }),
      { numRuns: 60 },
    );
  });

  test('names the first of the records that were removed, also from the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: COUNT }),
        fc.integer({ min: 0, max: 3 }),
        async (first, more) => {
          const report = await foundAfter((scope) =>
            scope.executeSql(
              `delete from classifications where sequence between ${first} and ${first + more}`,
            ),
          );
          expect(report.problem).toMatchObject({ kind: 'REMOVED', sequence: first, recordId: null });
        },
      ),
      { numRuns: 20 },
    );
  });

  test('finds a record that was removed although the others were moved up', async () => {
    const report = await foundAfter(async (scope) => {
      await scope.executeSql('delete from classifications where sequence = 5');
      await scope.executeSql('update classifications set sequence = -sequence where sequence > 5');
      await scope.executeSql('update classifications set sequence = -sequence - 1 where sequence < 0');
      await scope.executeSql(`update receipt_chain set sequence = ${COUNT - 1}`);
    });
    expect(report.problem).toMatchObject({ kind: 'ALTERED', sequence: 5 });
  });

  const copy = (sequence: string) => `
    insert into classifications (id, sequence, content_hash, previous_hash, hash, model_id, model_digest, filename,
        picture_sha256, facts, warnings, label, probability, scores, timing, recipe, decision, decision_reasons,
        decision_threshold)
      select gen_random_uuid(), ${sequence}, content_hash, previous_hash, hash, model_id, model_digest, filename,
        picture_sha256, facts, warnings, label, probability, scores, timing, recipe, decision, decision_reasons,
        decision_threshold
      from classifications where sequence = 7`;

  test.each([
    ['before its first place', '0', 0],
    ['beyond its end', `${COUNT + 1}`, COUNT + 1],
  ])('finds a record that was inserted %s', async (_how, sequence, found) => {
    const report = await foundAfter((scope) => scope.executeSql(copy(sequence)));
    expect(report.problem).toMatchObject({ kind: 'INSERTED', sequence: found });
  });

  test('finds a record that was exchanged for one that agrees with itself', async () => {
    const report = await foundAfter(async (scope) => {
      const { rows } = await scope.executeSql('select * from classifications where sequence = 9');
      const { content_hash: contentHash, created_at: createdAt } = rows[0]!;
      const link = {
        table: 'classifications',
        sequence: 9,
        previousHash: 'a'.repeat(64),
        contentHash: String(contentHash),
        createdAt: new Date(createdAt as string),
      };
      await scope.executeSql(
        `update classifications set previous_hash = '${link.previousHash}', hash = '${linkHashOf(link)}' where sequence = 9`,
      );
    });
    expect(report.problem).toMatchObject({ kind: 'INSERTED', sequence: 9 });
  });

  test('finds that its end was moved, or is gone', async () => {
    const moved = await foundAfter((scope) =>
      scope.executeSql("update receipt_chain set hash = repeat('1', 64)"),
    );
    expect(moved.problem).toMatchObject({ kind: 'ALTERED', sequence: COUNT, recordId: null });
    const gone = await foundAfter((scope) => scope.executeSql('delete from receipt_chain'));
    expect(gone.problem).toMatchObject({ kind: 'REMOVED', sequence: null });
  });

  test('is compared with a mark that was noted before: cut off or rewritten, it agrees with itself only', async () => {
    const { head } = await verifyReceipts(open());
    expect((await verifyReceipts(open(), head)).problem).toBeNull();
    const other = { sequence: 3, hash: '9'.repeat(64) };
    expect((await verifyReceipts(open(), other)).problem).toMatchObject({ kind: 'REWRITTEN', sequence: 3 });
    const beyond = { sequence: COUNT + 5, hash: head.hash };
    expect((await verifyReceipts(open(), beyond)).problem).toMatchObject({
      kind: 'REMOVED',
      sequence: COUNT + 1,
    });
  });

  test('leaves no gap where a group of answers cannot be stored, and takes a key once', async () => {
    const store = createAnswerStore(open());
    const keyed = (filename: string) => newAnswer({ modelId, filename, idempotencyKey: 'key 1' });
    const outcomes = await Promise.allSettled([
      store.store([newAnswer({ modelId })]),
      store.store([keyed('first')]),
      store.store([keyed('second')]),
      createAnswerStore(open()).store([keyed('elsewhere')]),
      store.store([newAnswer({ modelId })]),
    ]);
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failures).toHaveLength(2);
    for (const { reason } of failures) expect(isKeyTaken(reason)).toBe(true);
    expect(await verifyReceipts(open())).toMatchObject({ intactCount: COUNT + 3, problem: null });
  });

  test('refuses a row that does not say what its content hashes to', async () => {
    const insert = `
      insert into classifications (id, model_id, model_digest, filename, picture_sha256, facts, warnings, label,
          probability, scores, timing)
        select gen_random_uuid(), model_id, model_digest, filename, picture_sha256, facts, warnings, label, probability,
          scores, timing
        from classifications where sequence = 1`;
    await expect(open().executeSql(insert)).rejects.toThrow('has no hash of its content');
  });
});

describe('the hash of a record', () => {
  test('does not depend on the order of keys, on columns without a value, or on what the link binds', () => {
    const row = { id: '1', facts: { b: 1, a: [{ d: 1, c: null }] }, label: 'gel' };
    const stored = {
      label: 'gel',
      sequence: 4,
      hash: 'h',
      createdAt: new Date(),
      actor: null,
      facts: { a: [{ c: null, d: 1 }], b: 1 },
      id: '1',
    };
    expect(contentHashOf(stored)).toBe(contentHashOf(row));
    expect(contentHashOf({ ...row, facts: { b: 1, a: [{ d: 1 }] } })).not.toBe(contentHashOf(row));
  });

  test('is made from any JSON value in one way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
