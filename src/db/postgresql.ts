import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import pg from 'pg';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Database } from './database.js';
import { CLUSTER_DATABASE, CLUSTER_USER } from './local/cluster.js';
import type { LocalServer } from './local/local-server.js';
import { SOCKET_PORT } from './local/sockets.js';
import { assertChannel, createScope } from './scope.js';
import * as schema from './schema.js';
import { createStatementLogger } from './statement-logger.js';

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_SECONDS = 10;
/** Statements that still run after this long are cut off. */
const CLOSE_TIMEOUT_SECONDS = 10;
/**
 * postgres.js 3.4.9 forgets a write that it has planned when the connection breaks in the same turn, and then waits for
 * ever for that plan instead of greeting the server on the next connection. A greeting of 1024 bytes and more is sent
 * without a plan, which ends the waiting; spaces between options mean nothing to PostgreSQL.
 */
const PADDING = ' '.repeat(1024);

type Connections = (count: number) => Sql;

/**
 * Opens a pool of connections to PostgreSQL and checks that it answers. Connections that break are made anew.
 * @throws GelqlError DATABASE_UNAVAILABLE where it does not answer, CONFIGURATION_INVALID where the address cannot be
 * parsed; neither holds the password
 */
export async function openPostgresql(databaseUrl: string, logger: Logger): Promise<Database> {
  return openPool((count) => connect(databaseUrl, logger, count), readAddress, logger);
}

/** As openPostgresql, on gelql's own server, which is left when the database is closed. */
export async function openOwnPostgresql(server: LocalServer, logger: Logger): Promise<Database> {
  const name = `gelql ${process.pid} ${randomBytes(4).toString('hex')}`;
  const connections: Connections = (count) =>
    postgres({
      ...clientOptions(logger, count, name),
      username: CLUSTER_USER,
      password: server.password,
      database: CLUSTER_DATABASE,
      // Not declared, but taken: a connected socket for each connection that the pool makes.
      ...({ socket: () => server.connect() } as object),
    });
  const role = { user: CLUSTER_USER, password: server.password, database: CLUSTER_DATABASE };
  const reach = { host: server.sockets, port: SOCKET_PORT, ...role };
  try {
    const database = await openPool(
      connections,
      () => reach,
      logger,
      `gelql's own PostgreSQL in ${server.folder}`,
    );
    const isAlone = async () => {
      const others = sql`select 1 from pg_stat_activity where application_name like 'gelql %' and application_name <> ${name}`;
      const [found] = await Promise.allSettled([database.drizzle.execute(others)]);
      return found.status === 'fulfilled' && [...(found.value as unknown[])].length === 0;
    };
    let closing: Promise<void> | null = null;
    const close = async () => {
      const isLast = await isAlone();
      await database.close();
      await server.leave(isLast);
    };
    return { ...database, close: () => (closing ??= close()) };
  } catch (error) {
    await server.leave(false);
    throw error;
  }
}

async function openPool(
  connections: Connections,
  reach: (pool: Sql) => pg.PoolConfig,
  logger: Logger,
  place: string | null = null,
): Promise<Database> {
  const pool = connections(POOL_SIZE);
  const address = place ?? addressOf(pool);
  try {
    await pool`select 1`;
  } catch (error) {
    await pool.end({ timeout: 0 });
    const reason = error instanceof Error ? error.message : String(error);
    throw new GelqlError('DATABASE_UNAVAILABLE', `PostgreSQL at ${address} cannot be used: ${reason}`, {
      cause: error,
      facts: { address },
    });
  }
  logger.info({ address }, 'connected to PostgreSQL');
  const settings = { application_name: pool.options.connection.application_name, ...reach(pool) };
  return wrapPostgresql(pool, settings, address, logger);
}

/** A client of postgres.js; connects at the first statement. */
export function connect(databaseUrl: string, logger: Logger, connections: number): Sql {
  try {
    return postgres(databaseUrl, clientOptions(logger, connections, 'gelql'));
  } catch {
    // The original error quotes the whole address, password included.
    throw new GelqlError(
      'CONFIGURATION_INVALID',
      'DATABASE_URL cannot be parsed: write special characters in user name and password as %XX.',
    );
  }
}

function clientOptions(logger: Logger, connections: number, name: string) {
  return {
    max: connections,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: { application_name: name, options: `-c DateStyle=ISO${PADDING}` },
    onnotice: (notice: postgres.Notice) => logger.debug({ notice: notice.message }, 'notice from PostgreSQL'),
  };
}

function addressOf(client: Sql): string {
  const { host, port, database } = client.options;
  return `${host.join(',')}:${port.join(',')}/${database}`;
}

function wrapPostgresql(pool: Sql, settings: pg.PoolConfig, address: string, logger: Logger): Database {
  const scope = createScope<Sql | TransactionSql>(
    drizzle(pool, { schema, logger: createStatementLogger(logger) }),
    pool,
    executeOn,
  );
  let closing: Promise<unknown> | null = null;
  return {
    address,
    ...scope,
    listen: async (channel, onPayload) => {
      assertChannel(channel);
      const request = await pool.listen(channel, (payload) => {
        try {
          onPayload(payload);
        } catch (error) {
          logger.error({ err: error, channel }, 'a listener failed');
        }
      });
      return () => request.unlisten();
    },
    createPool: (connections) => createPool({ ...settings, max: connections }, logger),
    close: async () => {
      closing ??= pool.end({ timeout: CLOSE_TIMEOUT_SECONDS });
      await closing;
    },
  };
}

function createPool(settings: pg.PoolConfig, logger: Logger): pg.Pool {
  const pool = new pg.Pool({ ...settings, connectionTimeoutMillis: CONNECT_TIMEOUT_SECONDS * 1000 });
  // Each place that listens for jobs listens to the pool's errors too.
  pool.setMaxListeners(0);
  pool.on('error', (error) => logger.warn({ err: error }, 'a connection for jobs broke'));
  return pool;
}

/** The server, user and kind of encryption of `client`, in the words of `pg`. */
function readAddress(client: Sql): pg.PoolConfig {
  const { host, port, user, pass, database, ssl } = client.options as Options;
  return {
    ...{ host: host[0], port: port[0], user, database },
    ...{ password: pass ?? undefined, ssl: toTlsOptions(ssl) },
  };
}

/** What postgres.js has read from the address, of which it declares a part. */
type Options = Omit<Sql['options'], 'pass' | 'ssl'> & { pass: string | null; ssl: unknown };

/** In the words of `pg`: encryption without a check of the certificate, unless the address asks for one. */
function toTlsOptions(ssl: unknown): boolean | object {
  if (typeof ssl === 'object' && ssl !== null) return ssl;
  return ssl === 'verify-full' || (ssl === false ? false : { rejectUnauthorized: false });
}

async function executeOn(client: Sql | TransactionSql, text: string, values: unknown[]) {
  if (values.length > 0) {
    const rows = await client.unsafe<Record<string, unknown>[]>(text, values.map(toParameter));
    return { rows: [...rows], rowCount: rows.count };
  }
  const answer = await client.unsafe<Record<string, unknown>[] | Record<string, unknown>[][]>(text);
  // Several statements answer with a list of results, one with its rows.
  const rows = answer.flatMap((entry) => (Array.isArray(entry) ? entry : [entry]));
  return { rows, rowCount: answer.count ?? rows.length };
}

/** postgres.js refuses undefined, and drizzle takes its JSON and date conversions away. */
function toParameter(value: unknown): postgres.ParameterOrJSON<never> {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return JSON.stringify(value);
  }
  return value as postgres.ParameterOrJSON<never>;
}
