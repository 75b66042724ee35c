import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { readConfig } from '../../src/config.js';
import { CLUSTER_DATABASE, CLUSTER_USER } from '../../src/db/local/cluster.js';
import { openLocalServer } from '../../src/db/local/local-server.js';
import { migrate } from '../../src/db/migrate.js';
import { openPostgresql } from '../../src/db/postgresql.js';
import { createLogger } from '../../src/logger.js';

/** The migrated database that tests clone. */
export const TEMPLATE = 'gelql_template';

export interface TestServer {
  /** Address of its first database, with the password, over a loopback port. */
  url: string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL of its own in a temporary folder, started as gelql starts one, but without flushing. It holds TEMPLATE.
 * @param program GELQL_POSTGRES runs the tests on another version
 */
export async function startTestServer(program = process.env.GELQL_POSTGRES): Promise<TestServer> {
  const logger = createLogger('silent');
  const dataDir = mkdtempSync(join(tmpdir(), 'gelql-test-server-'));
  const port = await findFreePort();
  const { cacheDir, postgres } = readConfig({
    HOME: process.env.HOME,
    GELQL_CACHE_DIR: process.env.GELQL_CACHE_DIR,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME,
    GELQL_POSTGRES: program,
  });
  const settings = { listen_addresses: '127.0.0.1', port: String(port) };
  const server = await openLocalServer({ dataDir, cacheDir, postgres }, logger, {
    isDurable: false,
    settings,
  });
  const url = `postgres://${CLUSTER_USER}:${server.password}@127.0.0.1:${port}/${CLUSTER_DATABASE}`;
  const stop = async () => {
    await server.leave(true);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await makeTemplate(url);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function makeTemplate(server: string): Promise<void> {
    await onServer(server, (client) => client.unsafe(`create database ${TEMPLATE}`));
    const database = await openPostgresql(databaseUrl(server, TEMPLATE), logger);
    await migrate(database);
    await database.close();
  }
}

/** The address of another database on the same server. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

export async function onServer(
  server: string,
  work: (client: postgres.Sql) => Promise<unknown>,
): Promise<void> {
  const client = postgres(server, { max: 1, onnotice: () => undefined });
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((accept) => server.listen(0, '127.0.0.1', accept));
  const { port } = server.address() as AddressInfo;
  await new Promise((accept) => server.close(accept));
  return port;
}
