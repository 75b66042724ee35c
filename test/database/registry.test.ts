import { eq } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import { loadArtifact, storeArtifact } from '../../src/db/artifacts.js';
import { artifacts, models, testScores } from '../../src/db/schema.js';
import { modelDigest } from '../../src/registry/model-digest.js';
import { findModel, pageModels } from '../../src/registry/models.js';
import {
  countResults,
  findResultsOfModels,
  findScoresOfResults,
  pageResults,
  type ResultRow,
} from '../../src/registry/results.js';
import { COLUMN_NAMES, RANGE_COLUMNS, TEXT_COLUMNS } from '../../src/words/result-columns.js';
import { describeDatabase } from '../support/database.js';
import { evaluationWith, registerTestModel } from '../support/registry-rows.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describeDatabase('artifacts', (open) => {
  test('give back what was stored, every byte value, once', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    expect(await storeArtifact(open(), 'head', bytes)).toBe(sha256(bytes));
    expect(await storeArtifact(open(), 'head', bytes.slice())).toBe(sha256(bytes));
    expect(await loadArtifact(open(), sha256(bytes))).toEqual(bytes);
    expect(await open().drizzle.$count(artifacts)).toBe(1);
  });

  test('store a view into a larger buffer, not the buffer', async () => {
    const view = Uint8Array.from([9, 1, 2, 9]).subarray(1, 3);
    const digest = await storeArtifact(open(), 'picture', view);
    expect(await loadArtifact(open(), digest)).toEqual(Uint8Array.of(1, 2));
  });

  test('are checked when they are loaded', async () => {
    const forged = 'f'.repeat(64);
    await open()
      .drizzle.insert(artifacts)
      .values({ sha256: forged, kind: 'head', sizeBytes: 1, bytes: Uint8Array.of(1) });
    await expect(loadArtifact(open(), forged)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(loadArtifact(open(), '0'.repeat(64))).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  test.each(['head', 'tuned-weights'] as const)(
    'of a %s are not taken for stored where altered',
    async (kind) => {
      const bytes = new TextEncoder().encode(`parameters of a ${kind}`);
      await open()
        .drizzle.insert(artifacts)
        .values({ sha256: sha256(bytes), kind, sizeBytes: bytes.length, bytes: Uint8Array.of(1) });
      await expect(storeArtifact(open(), kind, bytes)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    },
  );

  test('do not spell out their bytes in an error', async () => {
    const failed = open().transaction(async (scope) => {
      await Promise.allSettled([scope.executeSql('select 1 / 0')]);
      await storeArtifact(scope, 'picture', new Uint8Array(100_000));
    });
    const error: unknown = await failed.catch((reason: unknown) => reason);
    expect((error as Error).message.length).toBeLessThan(500);
  });
});

describeDatabase('registerModel', (open) => {
  test('binds backbone, head, classes and normalisation in one digest', async () => {
    const headBytes = Uint8Array.of(4, 5, 6);
    const model = await registerTestModel(open(), { name: 'bound', headBytes });
    expect(model).toMatchObject({ number: expect.any(Number) as unknown, headSha256: sha256(headBytes) });
    expect(model.digest).toBe(
      modelDigest({
        backboneSha256: 'b'.repeat(64),
        tunedSha256: null,
        featurePoint: 'reference',
        headSha256: sha256(headBytes),
        classes: ['gel', 'not_gel'],
        recipe: 'gel-v1',
        mean: [0.485, 0.485, 0.485],
        standardDeviation: [0.229, 0.229, 0.229],
        temperature: 1,
      }),
    );
    expect(await loadArtifact(open(), model.headSha256)).toEqual(headBytes);
  });

  test('is found by id, number and name', async () => {
    const model = await registerTestModel(open(), { name: 'three ways' });
    for (const reference of [model.id, model.id.toUpperCase(), String(model.number), 'three ways']) {
      expect(await findModel(open(), reference)).toEqual(model);
    }
    for (const reference of [
      '',
      'four ways',
      '999999999',
      '9999999999',
      '018e0000-0000-7000-8000-000000000000',
    ]) {
      expect(await findModel(open(), reference)).toBeNull();
    }
  });

  test('stores result and scores beside the model', async () => {
    const model = await registerTestModel(open(), { name: 'with scores' });
    const [[result]] = (await findResultsOfModels(open(), [model.id])) as [[ResultRow]];
    expect(result).toMatchObject({
      modelName: 'with scores',
      accuracy: 0.9,
      accuracyLow: 0.8,
      testCount: 100,
      seed: 1,
    });
    const [scores] = await findScoresOfResults(open(), [result.id]);
    expect(scores?.map(({ name, probabilities }) => [name, probabilities])).toEqual([
      ['gel/a.png', [0.9, 0.1]],
      ['not_gel/b.png', [0.6, 0.4]],
    ]);
  });

  test('refuses a name that is taken and leaves nothing behind', async () => {
    await registerTestModel(open(), { name: 'taken' });
    const before = await open().drizzle.$count(models);
    const headBytes = Uint8Array.of(77);
    await expect(registerTestModel(open(), { name: 'taken', headBytes })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await open().drizzle.$count(models)).toBe(before);
    expect(await open().drizzle.$count(artifacts, eq(artifacts.sha256, sha256(headBytes)))).toBe(0);
  });

  test('lets exactly one of two that race for a name register', async () => {
    const outcomes = await Promise.allSettled([1, 2].map(() => registerTestModel(open(), { name: 'raced' })));
    const failed = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(failed).toEqual([expect.objectContaining({ code: 'CONFLICT' })]);
  });

  test('stays undone with the transaction around it', async () => {
    const undone = open().transaction(async (scope) => {
      await registerTestModel(scope, { name: 'undone' });
      throw new Error('after all, no');
    });
    await expect(undone).rejects.toThrow('after all, no');
    expect(await findModel(open(), 'undone')).toBeNull();
  });

  test.each(['12', '018e0000-0000-7000-8000-000000000000', '   ', '\u200b', 'two\nlines', 'a/b', '..', ''])(
    'refuses the name %j',
    async (name) => {
      await expect(registerTestModel(open(), { name })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    },
  );

  test('keeps the scores of more test pictures than one statement can hold', async () => {
    const count = 10_000;
    const score = { label: 0, predicted: 0, probabilities: [1, 0], sha256: 'c'.repeat(64), groupKey: null };
    const model = await registerTestModel(open(), {
      name: 'large test',
      scores: Array.from({ length: count }, (_, index) => ({ name: `${index}.png`, ...score })),
    });
    const [[result]] = (await findResultsOfModels(open(), [model.id])) as [[ResultRow]];
    expect(await open().drizzle.$count(testScores, eq(testScores.resultId, result.id))).toBe(count);
  });

  test('lists models newest first', async () => {
    const last = await registerTestModel(open(), { name: 'newest' });
    const { rows } = await pageModels(open(), { first: 2 });
    expect(rows[0]).toEqual(last);
    expect(rows).toHaveLength(2);
  });
});

describeDatabase('pageResults', (open) => {
  let all: ResultRow[];
  beforeAll(async () => {
    const specimens = [
      { name: 'r0', seed: 3, head: 'SINGLE', device: 'CPU', correct: 90, logLoss: 0.3, rocAuc: 0.9 },
      { name: 'r1', seed: 1, head: 'MULTI', device: 'CPU', correct: 80, logLoss: 0.1, rocAuc: null },
      { name: 'r2', seed: 2, head: 'SINGLE', device: 'GPU', correct: 90, logLoss: 0.2, rocAuc: 0.7 },
    ] as const;
    for (const { name, seed, head, device, correct, logLoss, rocAuc } of specimens) {
      await registerTestModel(open(), {
        name,
        configuration: { seed, head, device },
        evaluation: evaluationWith({ correct, low: correct / 100 - 0.1, high: 0.97, logLoss, rocAuc }),
        datasetName: `data ${name}`,
      });
    }
    all = (await pageResults(open(), {}, [{ field: 'modelNumber', direction: 'asc' }], {})).rows;
  });

  const names = (rows: readonly ResultRow[]) => rows.map(({ modelName }) => modelName);

  test('gives all of them without filter', () => {
    expect(names(all)).toEqual(['r0', 'r1', 'r2']);
  });

  test.each([...TEXT_COLUMNS])('filters by the values of %s', async (column) => {
    for (const { [column]: value } of all) {
      const { rows } = await pageResults(open(), { [column]: [value, 'absent'] }, [], {});
      expect(names(rows).sort()).toEqual(names(all.filter((row) => row[column] === value)).sort());
      expect(await countResults(open(), { [column]: [value] })).toBe(rows.length);
    }
    expect(await countResults(open(), { [column]: [] })).toBe(0);
  });

  test.each([...RANGE_COLUMNS])('filters by a range of %s', async (column) => {
    for (const { [column]: bound } of all) {
      if (bound === null) continue;
      const least = await pageResults(open(), { [column]: { min: bound } }, [], {});
      const most = await pageResults(open(), { [column]: { max: bound } }, [], {});
      const known = all.filter((row) => row[column] !== null);
      expect(names(least.rows).sort()).toEqual(
        names(known.filter((row) => (row[column] ?? 0) >= bound)).sort(),
      );
      expect(names(most.rows).sort()).toEqual(
        names(known.filter((row) => (row[column] ?? 0) <= bound)).sort(),
      );
    }
  });

  test.each([...COLUMN_NAMES])('orders by %s in both directions, nulls last', async (field) => {
    for (const direction of ['asc', 'desc'] as const) {
      const { rows } = await pageResults(open(), {}, [{ field, direction }], {});
      const values = rows.map((row) => row[field]);
      const known = values.filter((value) => value !== null);
      const sorted = [...known].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(values).toEqual([
        ...(direction === 'asc' ? sorted : sorted.reverse()),
        ...Array<null>(values.length - known.length).fill(null),
      ]);
    }
  });

  test('covers every column of the results table but ids and the nested evaluation', () => {
    const covered = [...TEXT_COLUMNS, ...RANGE_COLUMNS, 'id', 'modelId', 'evaluation'];
    expect([...covered].sort()).toEqual(Object.keys(all[0] ?? {}).sort());
  });

  test('joins conditions, orders by several columns and pages through them', async () => {
    const filter = { accuracy: { min: 0.8, max: 0.9 }, logLoss: { max: 0.3 } };
    const order = [
      { field: 'accuracy', direction: 'desc' },
      { field: 'logLoss', direction: 'asc' },
    ] as const;
    const first = await pageResults(open(), filter, order, { first: 2 });
    const second = await pageResults(open(), filter, order, { first: 2, after: first.cursors[1] });
    expect([names(first.rows), names(second.rows)]).toEqual([['r2', 'r0'], ['r1']]);
    expect(await countResults(open(), { ...filter, classifierHead: ['SINGLE'] })).toBe(2);
  });
});
