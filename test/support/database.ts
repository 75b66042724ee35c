import { randomBytes } from 'node:crypto';
import type { Database } from '../../src/db/client.js';
import { openPostgresql } from '../../src/db/postgresql.js';
import { createLogger } from '../../src/logger.js';
import { databaseUrl, onServer, TEMPLATE } from './test-server.js';

export const silent = createLogger('silent');

export interface TestDatabase {
  url: string;
  drop: () => Promise<void>;
}

/** The server of this jest run (global-setup.mjs). */
export function testServerUrl(): string {
  const url = process.env.GELQL_TEST_DATABASE_URL;
  if (url === undefined) throw new Error('Start the tests through jest, which starts their PostgreSQL.');
  return url;
}

/** A group of tests on a migrated database of its own; `database()` gives it, open. */
export function describeDatabase(name: string, tests: (database: () => Database) => void): void {
  describe(name, () => {
    let opened: Database;
    beforeAll(async () => {
      opened = await openTestDatabase();
    });
    tests(() => opened);
    // Hooks run in the order of their definition: what the tests opened on the database is closed before it.
    afterAll(() => opened.close());
  });
}

/** A migrated database, dropped when it is closed. */
export async function openTestDatabase(): Promise<Database> {
  const { url, drop } = await createTestDatabase();
  const database = await openPostgresql(url, silent);
  const close = async () => {
    await database.close();
    await drop();
  };
  return { ...database, close };
}

/** A migrated database: a clone, which takes some 30 ms. */
export const createTestDatabase = (): Promise<TestDatabase> =>
  create(testServerUrl(), `template ${TEMPLATE}`);

/** A database without any table. */
export const createEmptyDatabase = (server = testServerUrl()): Promise<TestDatabase> => create(server, '');

async function create(server: string, options: string): Promise<TestDatabase> {
  const name = `gelql_test_${randomBytes(6).toString('hex')}`;
  await onServer(server, (client) => client.unsafe(`create database ${name} ${options}`));
  return {
    url: databaseUrl(server, name),
    drop: () => onServer(server, (client) => client.unsafe(`drop database if exists ${name} with (force)`)),
  };
}
