import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SQL } from 'drizzle-orm';
import { createAnswerStore } from '../../src/receipts/answer-store.js';
import type { NewClassification } from '../../src/receipts/classifications.js';
import type { Database } from '../../src/db/client.js';
import { describeDatabase } from '../support/database.js';
import { newAnswer } from '../support/new-answer.js';
import { registerTestModel } from '../support/registry-rows.js';

describeDatabase('storing answers', (open) => {
  let modelId: string;
  beforeAll(async () => {
    modelId = (await registerTestModel(open(), { name: 'answering' })).id;
  });

  const answer = (filename: string, changes: Partial<NewClassification> = {}): NewClassification =>
    newAnswer({ modelId, filename, ...changes });

  /** Counts the rows of each statement that stores. */
  function counted(): { database: Database; groups: number[] } {
    const groups: number[] = [];
    const { drizzle } = open();
    const insert: typeof drizzle.insert = (table) => {
      const builder = drizzle.insert(table);
      const select = builder.select.bind(builder);
      builder.select = ((rows: SQL) => {
        const statement = select(rows as never);
        // The rows are its only value, as JSON.
        const [json] = statement.toSQL().params;
        groups.push((JSON.parse(String(json)) as unknown[]).length);
        return statement;
      }) as typeof builder.select;
      return builder;
    };
    const counting = new Proxy(drizzle, {
      get: (target, name): unknown => (name === 'insert' ? insert : Reflect.get(target, name)),
    });
    return { database: { ...open(), drizzle: counting }, groups };
  }

  test('shares one statement among those of one turn, and among those that come while it is under way', async () => {
    const { database, groups } = counted();
    const store = createAnswerStore(database);
    const names = Array.from({ length: 9 }, (_, index) => `picture-${index}`);
    const rows = await Promise.all(names.map((name) => store.store([answer(name), answer(`${name}-b`)])));
    expect(rows.map((pair) => pair.map(({ filename }) => filename))).toEqual(
      names.map((name) => [name, `${name}-b`]),
    );
    expect(groups).toEqual([18]);

    const first = store.store([answer('first')]);
    while (groups.length < 2) await nextTurn();
    await Promise.all([first, store.store([answer('second')]), store.store([answer('third')])]);
    expect(groups).toEqual([18, 1, 2]);
  });

  test('shares one statement among those that come turn after turn', async () => {
    const { database, groups } = counted();
    const store = createAnswerStore(database);
    const stored: Promise<unknown>[] = [];
    for (let place = 0; place < 8; place += 1) {
      stored.push(store.store([answer(`turn-${place}`)]));
      await nextTurn();
    }
    await Promise.all(stored);
    expect(groups).toEqual([8]);
  });

  test('fails only the caller whose row cannot be stored', async () => {
    const store = createAnswerStore(open());
    const outcomes = await Promise.allSettled([
      store.store([answer('first')]),
      store.store([answer('second')]),
      store.store([answer('third', { modelId: randomUUID() })]),
      store.store([answer('fourth')]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((await store.store([answer('fifth')]))[0]?.filename).toBe('fifth');
  });

  test('keeps statements small where many come at once', async () => {
    const { database, groups } = counted();
    const store = createAnswerStore(database);
    const many = Array.from({ length: 600 }, (_, index) => store.store([answer(`many-${index}`)]));
    const rows = (await Promise.all(many)).flat();
    expect(rows.map(({ filename }) => filename)).toEqual(rows.map((_, index) => `many-${index}`));
    expect(groups).toEqual([500, 100]);
  });
});
