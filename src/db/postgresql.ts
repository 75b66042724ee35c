import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Database, DatabaseScope } from './database.js';
import { CLUSTER_DATABASE, CLUSTER_USER } from './local/cluster.js';
import type { LocalServer } from './local/local-server.js';
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
const CLOSING_SOCKET_MS = 50;
/** Object identifiers of json and jsonb. */
const JSON_TYPES = [114, 3802];

type Connections = (count: number) => Sql;

/**
 * Opens a pool of connections to PostgreSQL and checks that it answers. Connections that break are made anew.
 * @throws GelqlError DATABASE_UNAVAILABLE where it does not answer, CONFIGURATION_INVALID where the address cannot be
 * parsed; neither holds the password
 */
export async function openPostgresql(databaseUrl: string, logger: Logger): Promise<Database> {
  return openPool((count) => connect(databaseUrl, logger, count), logger);
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
  try {
    const database = await openPool(connections, logger, `gelql's own PostgreSQL in ${server.folder}`);
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
  return wrapPostgresql(pool, connections(1), address, logger);
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

/**
 * `single` has one connection and runs the SQL text of pg-boss, one call at a time: texts of several statements that
 * begin a transaction need a connection of their own, also to roll back on it when they fail.
 */
function wrapPostgresql(pool: Sql, single: Sql, address: string, logger: Logger): Database {
  const scope = createScope<Sql | TransactionSql>(
    drizzle(pool, { schema, logger: createStatementLogger(logger) }),
    pool,
    executeOn,
  );
  passJsonThrough(single);
  let closing: Promise<unknown> | null = null;
  return {
    address,
    ...scope,
    executeSql: inTurn((text, values = []) => executeOrRollBack(single, text, values)),
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
    close: async () => {
      closing ??= Promise.all([pool, single].map((client) => client.end({ timeout: CLOSE_TIMEOUT_SECONDS })));
      await closing;
    },
  };
}

async function executeOrRollBack(single: Sql, text: string, values: unknown[]) {
  try {
    return await executeOn(single, text, values);
  } catch (error) {
    // What the server refused may have left a transaction open; outside of one, this is a notice. A lost connection
    // has nothing to roll back, but swallows statements without an answer until its socket is closed, shortly after.
    const isRefused = error instanceof postgres.PostgresError && error.severity === 'ERROR';
    await (isRefused ? Promise.allSettled([single.unsafe('rollback')]) : setTimeout(CLOSING_SOCKET_MS));
    throw error;
  }
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

/** JSON arrives as text already, as it does on drizzle's client. */
function passJsonThrough(client: Sql): void {
  for (const type of JSON_TYPES) client.options.serializers[type] = (value: unknown) => value;
}

function inTurn(run: DatabaseScope['executeSql']): DatabaseScope['executeSql'] {
  let last: Promise<unknown> = Promise.resolve();
  return (text, values) => {
    const current = last.then(() => run(text, values));
    last = Promise.allSettled([current]);
    return current;
  };
}
