import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/db/migrate.js';
import { openPostgresql } from '../../src/db/postgresql.js';
import { createEmptyDatabase, describeDatabase, silent } from '../support/database.js';

interface Journal {
  entries: { idx: number; tag: string; when: number; version: string; breakpoints: boolean }[];
}

/** A copy of migrations/ with one more migration. */
function withFurther(sql: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gelql-migrations-'));
  cpSync('migrations', folder, { recursive: true });
  const path = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(path, 'utf8')) as Journal;
  const last = journal.entries.at(-1);
  if (last === undefined) throw new Error('no migrations');
  journal.entries.push({ ...last, idx: last.idx + 1, tag: '9999_further', when: last.when + 1 });
  writeFileSync(path, JSON.stringify(journal));
  writeFileSync(join(folder, '9999_further.sql'), sql);
  return folder;
}

const folders: string[] = [];
function further(sql: string): string {
  const folder = withFurther(sql);
  folders.push(folder);
  return folder;
}
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

describeDatabase('migrate', (open) => {
  test('does nothing where the schema is up to date', async () => {
    expect(await migrate(open())).toBe(0);
  });

  test('applies all of the new migrations or nothing', async () => {
    const broken = further('create table half (id integer);\n--> statement-breakpoint\nselect 1 / 0;');
    await expect(migrate(open(), broken)).rejects.toThrow();
    const { rows } = await open().executeSql("select to_regclass('half') as half");
    expect(rows).toEqual([{ half: null }]);
    expect(await migrate(open())).toBe(0);
  });

  test('refuses a database that a newer version has migrated', async () => {
    expect(await migrate(open(), further('create table later (id integer);'))).toBe(1);
    await expect(migrate(open())).rejects.toMatchObject({
      code: 'DATABASE_TOO_NEW',
      facts: { unknown: [expect.any(String)] },
    });
  });
});

describeDatabase('tables that are written once', (open) => {
  test('refuse to change a row', async () => {
    await open().executeSql("insert into artifacts values ('a', 'head', 1, '\\x00')");
    await expect(open().executeSql("update artifacts set kind = 'picture'")).rejects.toThrow(
      'rows of artifacts are written once: UPDATE is refused',
    );
  });

  test.each(['models', 'results', 'test_scores', 'classifications', 'training_features', 'reviews'])(
    'guard %s against removal too',
    async (table) => {
      const { rows } = await open().executeSql(
        `select tgtype & 8 as removal, tgtype & 16 as change, tgtype & 2 as before from pg_trigger where tgrelid = $1::regclass and tgname = $1 || '_write_once'`,
        [table],
      );
      expect(rows).toEqual([{ removal: 8, change: 16, before: 2 }]);
    },
  );
});

test('lets servers that start together wait for each other', async () => {
  const { url, drop } = await createEmptyDatabase();
  const servers = await Promise.all(Array.from({ length: 4 }, () => openPostgresql(url, silent)));
  const applied = await Promise.all(servers.map((database) => migrate(database)));
  expect(applied.filter((count) => count > 0)).toHaveLength(1);
  await Promise.all(servers.map((database) => database.close()));
  await drop();
});
