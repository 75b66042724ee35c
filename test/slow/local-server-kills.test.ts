import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../src/db/client.js';
import { clusterPaths } from '../../src/db/local/cluster.js';
import { readPostmaster } from '../../src/db/local/postmaster.js';
import { silent } from '../support/database.js';
import { startLineProcess } from '../support/line-process.js';

const KILLS = 30;
const ROWS_BEFORE = 5;
const dataDir = mkdtempSync(join(tmpdir(), 'gelql-kills-'));
// PostgreSQL runs as another user where the tests run as root.
chmodSync(dataDir, 0o755);
afterAll(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));

test(`loses nothing acknowledged and keeps no half transaction over ${KILLS} kills of either side`, async () => {
  const acknowledged: string[] = [];
  let serverKills = 0;
  for (let round = 0; round < KILLS; round += 1) {
    const writer = startLineProcess('database-writer.ts', dataDir, `round${round}`);
    const readRows = async (count: number) => {
      for (let read = 0; read < count;) {
        const line = await writer.nextLine();
        if (line.startsWith('failed: ')) continue;
        acknowledged.push(line);
        read += 1;
      }
    };
    await readRows(ROWS_BEFORE);
    await delay(Math.random() * 100);
    const running = readPostmaster(clusterPaths(dataDir));
    if (round % 2 === 0 && running !== null) {
      process.kill(running.pid, 'SIGKILL');
      serverKills += 1;
      // The same process goes on writing on the server that it starts again.
      await readRows(ROWS_BEFORE);
    }
    await writer.kill();
  }
  expect(serverKills).toBeGreaterThan(KILLS / 3);
  const database = await openDatabase(
    { databaseUrl: null, dataDir, cacheDir: dataDir, postgres: null },
    silent,
  );
  const { rows } = await database.executeSql('select name from written');
  await database.close();
  const names = new Set(rows.map(({ name }) => String(name)));
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  const pairs = [...names].filter((name) => /-\d*[13579]$/.test(name));
  expect(pairs.filter((name) => !names.has(`${name}-twin`))).toEqual([]);
  expect(pairs.length).toBeGreaterThanOrEqual(KILLS);
}, 900_000);
