import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/db/client.js';
import { silent } from '../support/database.js';
import { startLineProcess } from '../support/line-process.js';

const dataDir = mkdtempSync(join(tmpdir(), 'gelql-durable-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function writeUntilKilled(prefix: string, rows: number): Promise<string[]> {
  const writer = startLineProcess('embedded-writer.ts', dataDir, prefix);
  const acknowledged: string[] = [];
  while (acknowledged.length < rows) acknowledged.push(await writer.nextLine());
  await expect(openDatabase({ databaseUrl: null, dataDir, cacheDir: dataDir }, silent)).rejects.toMatchObject(
    {
      code: 'DATABASE_LOCKED',
      facts: { pid: writer.child.pid, command: expect.stringContaining('embedded-writer.ts') as unknown },
    },
  );
  await writer.kill();
  return acknowledged;
}

test('keeps every acknowledged row, and no half transaction, when the writing process is killed', async () => {
  const acknowledged = [...(await writeUntilKilled('first', 40)), ...(await writeUntilKilled('second', 41))];
  const database = await openDatabase({ databaseUrl: null, dataDir, cacheDir: dataDir }, silent);
  const { rows } = await database.executeSql('select sha256 from artifacts');
  await database.close();
  const names = new Set(rows.map((row) => row.sha256));
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  const pairs = [...names].filter((name) => /-\d*[13579]$/.test(String(name)));
  expect(pairs.length).toBeGreaterThanOrEqual(40);
  expect(pairs.filter((name) => !names.has(`${String(name)}-twin`))).toEqual([]);
}, 600_000);
