import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import postgres from 'postgres';
import { openPostgresql } from '../../src/db/postgresql.js';
import type { Database } from '../../src/db/client.js';
import { bytesAsHex, wrapEmbedded } from '../../src/db/embedded.js';
import { GuardedPGlite } from '../../src/db/guarded-pglite.js';
import { migrate } from '../../src/db/migrate.js';
import { createLogger } from '../../src/logger.js';

export const silent = createLogger('silent');

const serverUrl = process.env.GELQL_TEST_DATABASE_URL;

/**
 * Runs the same tests on an embedded database in memory and, where GELQL_TEST_DATABASE_URL names a server (see
 * scripts/with-postgres.sh), on a database of their own there. Both are migrated; `database()` gives the open one.
 */
export function describeDatabases(name: string, tests: (database: () => Database) => void): void {
  describe(`${name} (embedded)`, () => describeOn(openTestDatabase, tests));
  if (serverUrl === undefined) {
    describe.skip(`${name} (postgresql: set GELQL_TEST_DATABASE_URL or run npm run test:postgres)`, () =>
      tests(() => {
        throw new Error('skipped');
      }));
  } else {
    describe(`${name} (postgresql)`, () => describeOn(() => openServerDatabase(serverUrl), tests));
  }
}

function describeOn(open: () => Promise<Database>, tests: (database: () => Database) => void): void {
  let opened: Database;
  beforeAll(async () => {
    opened = await open();
  });
  tests(() => opened);
  // Hooks run in the order of their definition: what the tests opened on the database is closed before it.
  afterAll(() => opened.close());
}

/** A migrated embedded database in memory, 0.5 s: from a template that the first test file makes and the rest load. */
export async function openTestDatabase(): Promise<Database> {
  return wrapEmbedded(await fromTemplate(readTemplate() ?? (await makeTemplate())), silent);
}

/** Creates an empty database on the test server; `drop` removes it. */
export async function createServerDatabase(
  server: string,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `gelql_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, (client) => client.unsafe(`create database ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => onServer(server, (client) => client.unsafe(`drop database ${name} with (force)`)),
  };
}

async function openServerDatabase(server: string): Promise<Database> {
  const { url, drop } = await createServerDatabase(server);
  const database = await openPostgresql(url, silent);
  await migrate(database);
  const close = async () => {
    await database.close();
    await drop();
  };
  return { ...database, close };
}

async function onServer(server: string, work: (client: postgres.Sql) => Promise<unknown>): Promise<void> {
  const client = postgres(server, { max: 1 });
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Lays the migrated template out as the folder of an embedded database, which saves the 5 s of creating one. */
export async function unpackTemplate(dataDir: string): Promise<void> {
  if (readTemplate() === null) await makeTemplate();
  const directory = join(dataDir, 'database');
  mkdirSync(directory, { recursive: true });
  execFileSync('tar', ['-xf', templatePath(), '-C', directory], { stdio: 'pipe' });
}

async function fromTemplate(template: Blob): Promise<GuardedPGlite> {
  const pglite = new GuardedPGlite({ loadDataDir: template, ...bytesAsHex });
  await pglite.waitReady;
  return pglite;
}

/** The file's name changes with the migrations, so a stale template is never loaded. */
function templatePath(): string {
  const hash = createHash('sha256');
  for (const file of ['migrations/meta/_journal.json', 'package-lock.json']) hash.update(readFileSync(file));
  const { entries } = JSON.parse(readFileSync('migrations/meta/_journal.json', 'utf8')) as {
    entries: { tag: string }[];
  };
  for (const { tag } of entries) hash.update(readFileSync(`migrations/${tag}.sql`));
  return join(resolve('node_modules/.cache/gelql'), `closed-database-${hash.digest('hex').slice(0, 16)}.tar`);
}

function readTemplate(): Blob | null {
  const path = templatePath();
  return existsSync(path) ? new Blob([readFileSync(path)]) : null;
}

/**
 * From a folder whose database was closed, not from an open one: what was not closed is recovered when it is opened, and
 * recovery flushes each of its 1000 files, which took each application of the tests 5 s.
 */
async function makeTemplate(): Promise<Blob> {
  const path = templatePath();
  mkdirSync(resolve(path, '..'), { recursive: true });
  // Made aside, because another test process may be reading or making the same file.
  const aside = `${path}.${process.pid}`;
  const directory = `${aside}.d`;
  try {
    const pglite = new GuardedPGlite(directory, bytesAsHex);
    await pglite.waitReady;
    const database = wrapEmbedded(pglite, silent);
    await migrate(database);
    await database.close();
    execFileSync('tar', ['-cf', aside, '-C', directory, ...readdirSync(directory)], { stdio: 'pipe' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  renameSync(aside, path);
  return new Blob([readFileSync(path)]);
}
