import { sql } from 'drizzle-orm';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { openDatabase, type DatabaseScope } from '../../src/db/client.js';
import { createEmptyDatabase, describeDatabase, silent, testServerUrl } from '../support/database.js';

async function numbers(scope: DatabaseScope): Promise<unknown[]> {
  const { rows } = await scope.executeSql('select n from numbers order by n');
  return rows.map((row) => row.n);
}

describeDatabase('a database', (open) => {
  beforeAll(() =>
    open().executeSql('create table numbers (n integer primary key, note jsonb, at timestamptz)'),
  );
  beforeEach(() => open().executeSql('delete from numbers'));

  const failures: [string, (scope: DatabaseScope) => Promise<unknown>][] = [
    ['a syntax error', (scope) => scope.executeSql('selec 1')],
    ['a division by zero', (scope) => scope.executeSql('select 1 / $1::integer', [0])],
    ['a value of the wrong type', (scope) => scope.executeSql('select $1::uuid', ['not a uuid'])],
    ['a missing value', (scope) => scope.executeSql('select $1::integer + $2::integer', [1])],
    ['text with a zero byte', (scope) => scope.executeSql('select $1::text', ['a\0b'])],
    ['a broken list of statements', (scope) => scope.executeSql('insert into numbers values (7); selec 1')],
    ['a violated key', (scope) => scope.executeSql('insert into numbers values (8), (8)')],
    ['a failure through drizzle', (scope) => scope.drizzle.execute(sql`select 1 / 0`)],
    [
      'nesting that is too deep',
      (scope) => scope.executeSql(`select ${'('.repeat(30_000)}1${')'.repeat(30_000)}`),
    ],
  ];

  test.each(failures)('answers normally after %s', async (_name, fail) => {
    await expect(fail(open())).rejects.toThrow();
    await open().executeSql('insert into numbers values ($1)', [1]);
    expect(await numbers(open())).toEqual([1]);
  });

  test.each(failures)('rolls the whole transaction back after %s', async (_name, fail) => {
    const work = open().transaction(async (scope) => {
      await scope.executeSql('insert into numbers values (1)');
      await fail(scope);
    });
    await expect(work).rejects.toThrow();
    expect(await numbers(open())).toEqual([]);
    await open().executeSql('insert into numbers values (2)');
    expect(await numbers(open())).toEqual([2]);
  });

  test.each(failures)('keeps the outer transaction when an inner one ends with %s', async (_name, fail) => {
    await open().transaction(async (scope) => {
      await scope.executeSql('insert into numbers values (1)');
      const inner = scope.transaction(async (inside) => {
        await inside.executeSql('insert into numbers values (2)');
        await fail(inside);
      });
      await expect(inner).rejects.toThrow();
      await scope.executeSql('insert into numbers values (3)');
    });
    expect(await numbers(open())).toEqual([1, 3]);
  });

  test('never reports a transaction as kept whose statement failed and was ignored', async () => {
    const work = open().transaction(async (scope) => {
      await scope.executeSql('insert into numbers values (1)');
      await Promise.allSettled([scope.executeSql('select 1 / 0')]);
    });
    await expect(work).rejects.toThrow();
    expect(await numbers(open())).toEqual([]);
  });

  test('stores objects, dates, lists, undefined and bytes through SQL text', async () => {
    const at = new Date('2024-02-29T12:00:00.123Z');
    await open().executeSql('insert into numbers values ($1, $2, $3), ($4, $5, $6)', [
      1,
      { a: [1, 'x'] },
      at,
      2,
      undefined,
      null,
    ]);
    const { rows } = await open().executeSql(
      'select n, note, at from numbers where n = any($1::integer[]) order by n',
      [[1, 2]],
    );
    expect(rows).toEqual([
      { n: 1, note: { a: [1, 'x'] }, at: expect.anything() as unknown },
      { n: 2, note: null, at: null },
    ]);
    expect(new Date(rows[0]?.at as string)).toEqual(at);
  });

  test('counts the rows that SQL text changed', async () => {
    await open().executeSql('insert into numbers values (1), (2), (3)');
    expect((await open().executeSql('delete from numbers where n > $1', [1])).rowCount).toBe(2);
  });

  test('delivers notifications, from a transaction only when it commits', async () => {
    const received: string[] = [];
    let wake: () => void = () => undefined;
    const stop = await open().listen('runs', (payload) => {
      received.push(payload);
      wake();
    });
    const arrival = () => new Promise<void>((resolve) => (wake = resolve));
    const undone = open().transaction(async (scope) => {
      await scope.notify('runs', 'undone');
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    const first = arrival();
    await open().transaction((scope) => scope.notify('runs', 'kept'));
    await first;
    const second = arrival();
    await open().notify('runs', 'direct');
    await second;
    expect(received).toEqual(['kept', 'direct']);
    await stop();
    await open().notify('runs', 'late');
    await open().executeSql('select 1');
    expect(received).toEqual(['kept', 'direct']);
  });

  test('lets a listener query, also what the transaction has changed that told it', async () => {
    let read = () => {};
    const seen = new Promise<unknown[]>((resolve, reject) => {
      read = () => void numbers(open()).then(resolve, reject);
    });
    const stop = await open().listen('changed', () => read());
    await open().transaction(async (scope) => {
      await scope.executeSql('insert into numbers values (5)');
      await scope.notify('changed', '');
    });
    expect(await seen).toEqual([5]);
    await stop();
  });

  test('survives a listener that throws', async () => {
    const heard = new Promise<void>((resolve) => {
      void open().listen('broken', () => {
        resolve();
        throw new Error('listener');
      });
    });
    await open().executeSql('select 1');
    const again = setInterval(() => void open().notify('broken', ''), 20);
    await heard;
    clearInterval(again);
    expect(await numbers(open())).toEqual([]);
  });
});

describe('openDatabase', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gelql-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  test('reports an unreachable PostgreSQL without its password', async () => {
    const databaseUrl = 'postgres://reader:s3cretword@127.0.0.1:1/lab';
    const error = await openDatabase(
      { databaseUrl, dataDir, cacheDir: dataDir, postgres: null },
      silent,
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', facts: { address: '127.0.0.1:1/lab' } });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('s3cretword');
  });

  test('reports an address that cannot be parsed without its password', async () => {
    const databaseUrl = 'postgres://reader:s3cret/word@host:port/lab';
    const error = await openDatabase(
      { databaseUrl, dataDir, cacheDir: dataDir, postgres: null },
      silent,
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('s3cret');
  });

  test('reports a data folder that cannot be used', async () => {
    await expect(
      openDatabase(
        {
          databaseUrl: null,
          dataDir: join(import.meta.filename, 'below-a-file'),
          cacheDir: dataDir,
          postgres: null,
        },
        silent,
      ),
    ).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });

  test('reports a wrong password without it', async () => {
    const url = new URL(testServerUrl());
    url.password = 's3cretword';
    const error = await openDatabase(
      { databaseUrl: url.href, dataDir: '', cacheDir: '', postgres: null },
      silent,
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('s3cretword');
  });

  test('connects again after the server has cut its connections', async () => {
    const { url, drop } = await createEmptyDatabase();
    const database = await openDatabase(
      { databaseUrl: url, dataDir: '', cacheDir: '', postgres: null },
      silent,
    );
    const cut =
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    await database.drizzle.execute(sql.raw(cut));
    await database.executeSql('select 1');
    await database.drizzle.execute(sql.raw(cut));
    // The driver reports the cut once or twice.
    for (let met = 0; met < 2; met += 1) await Promise.allSettled([database.executeSql('select 1')]);
    expect((await database.executeSql('select 2 as two')).rows).toEqual([{ two: 2 }]);
    await database.close();
    await drop();
  });
});
