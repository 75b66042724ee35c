import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase, type Database } from '../../src/db/client.js';
import { clusterPaths } from '../../src/db/local/cluster.js';
import { isServer, readPostmaster } from '../../src/db/local/postmaster.js';
import { silent } from '../support/database.js';

const root = mkdtempSync(join(tmpdir(), 'gelql-local-'));
// PostgreSQL runs as another user where the tests run as root.
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const dataDir = join(root, `a folder with spaces ${'and a long name '.repeat(6)}`);
const paths = clusterPaths(dataDir);
const open = (overrides: { dataDir?: string; postgres?: string } = {}): Promise<Database> =>
  openDatabase({ databaseUrl: null, dataDir, cacheDir: root, postgres: null, ...overrides }, silent);

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('It has not come to that in 20 s.');
    await delay(10);
  }
}

function runningPid(): number {
  const running = readPostmaster(paths);
  if (running === null) throw new Error('No server runs.');
  return running.pid;
}

test('is made in a folder with spaces whose path is too long for a socket, flushes, and has no port', async () => {
  const database = await open();
  const { rows } = await database.executeSql(
    `select name, setting from pg_settings
     where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses') order by name`,
  );
  expect(rows.map(({ name, setting }) => [name, setting])).toEqual([
    ['fsync', 'on'],
    ['full_page_writes', 'on'],
    ['listen_addresses', ''],
    ['synchronous_commit', 'on'],
  ]);
  await database.executeSql('create table kept (n integer)');
  const pid = runningPid();
  await database.close();
  await database.close();
  expect(isServer(pid, paths)).toBe(false);
  expect(existsSync(join(paths.data, 'postmaster.pid'))).toBe(false);
});

test('is shared, and stops when the last one leaves', async () => {
  const [first, second] = await Promise.all([open(), open()]);
  const pid = runningPid();
  await first.executeSql('insert into kept values (1)');
  await first.close();
  expect((await second.executeSql('select n from kept')).rows).toEqual([{ n: 1 }]);
  expect(isServer(pid, paths)).toBe(true);
  await second.close();
  expect(isServer(pid, paths)).toBe(false);
});

test('is started again by the next statement after it was killed, and listening goes on', async () => {
  const database = await open();
  let heard = 0;
  await database.listen('news', () => (heard += 1));
  const pid = runningPid();
  process.kill(pid, 'SIGKILL');
  await until(() => !isServer(pid, paths));
  // Statements that were on their way fail; those that come later are answered.
  for (let met = 0; met < 11; met += 1) await Promise.allSettled([database.executeSql('select 1')]);
  expect((await database.executeSql('select n from kept')).rows).toEqual([{ n: 1 }]);
  expect(runningPid()).not.toBe(pid);
  const telling = setInterval(() => void Promise.allSettled([database.notify('news', '')]), 50);
  await until(() => heard > 0);
  clearInterval(telling);
  await database.close();
});

test('starts beside a pid file that names another living process', async () => {
  writeFileSync(
    join(paths.data, 'postmaster.pid'),
    `${process.pid}\n${paths.data}\n1\n5432\n/nowhere\n\n\nready\n`,
  );
  const database = await open();
  expect(runningPid()).not.toBe(process.pid);
  await database.close();
});

test('keeps its password from everybody else', () => {
  const { mode } = statSync(paths.password);
  expect(mode & 0o077).toBe(0);
  expect(readFileSync(join(paths.data, 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*\btrust\b/m);
});

test('says what to do where a database of the earlier kind is there, and leaves it alone', async () => {
  const old = join(root, 'old');
  mkdirSync(join(old, 'database'), { recursive: true });
  writeFileSync(join(old, 'database', 'PG_VERSION'), '17\n');
  await expect(open({ dataDir: old })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining('Move it away, or set GELQL_DATA_DIR') as unknown,
  });
  expect(readFileSync(join(old, 'database', 'PG_VERSION'), 'utf8')).toBe('17\n');
});

test('names the ways out where there is no program to start', async () => {
  await expect(open({ dataDir: join(root, 'other'), postgres: '/nowhere/postgres' })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringMatching(
      /\/nowhere\/postgres.*DATABASE_URL.*container.*GELQL_POSTGRES/s,
    ) as unknown,
  });
});

test('takes the installed program that GELQL_POSTGRES names, and passes on why one does not start', async () => {
  const fake = join(root, 'bin');
  mkdirSync(fake);
  writeFileSync(join(fake, 'postgres'), '#!/bin/sh\necho "FATAL:  the disk is on holiday" >&2\nexit 1\n', {
    mode: 0o755,
  });
  writeFileSync(join(fake, 'initdb'), '', { mode: 0o755 });
  await expect(open({ postgres: join(fake, 'postgres') })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.stringContaining('FATAL:  the disk is on holiday') as unknown,
  });
});
