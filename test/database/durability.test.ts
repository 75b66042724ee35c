import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadArtifact } from '../../src/db/artifacts.js';
import { openDatabase } from '../../src/db/client.js';
import { migrate } from '../../src/db/migrate.js';
import { silent } from '../support/database.js';
import { startLineProcess } from '../support/line-process.js';

const run = promisify(execFile);
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

/* No file of the process may grow beyond 12 MiB, and PostgreSQL's log comes in files of 16 MiB: it is refused as on a full disk. */
const LIMITED = 'ulimit -f 12288 && exec "$0" --import tsx "$@"';

test('says that the disk takes no more, at once and to every statement, and keeps what it acknowledged', async () => {
  const directory = join(dataDir, 'full');
  const config = { databaseUrl: null, dataDir: directory, cacheDir: dataDir };
  const created = await openDatabase(config, silent);
  await migrate(created);
  await created.close();
  const script = resolve('test/support/full-disk-writer.ts');
  const { stdout } = await run('bash', ['-c', LIMITED, process.execPath, script, directory], {
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  const lines = stdout.trim().split('\n');
  expect(lines.slice(-3)).toEqual(['failed: DATABASE_UNAVAILABLE', 'then: DATABASE_UNAVAILABLE', 'closed']);
  const acknowledged = lines.slice(0, -3);
  expect(acknowledged.length).toBeGreaterThan(0);

  const database = await openDatabase(config, silent);
  for (const sha256 of acknowledged) expect(await loadArtifact(database, sha256)).toHaveLength(256 * 1024);
  await database.close();
}, 300_000);
