import { AsyncResource } from 'node:async_hooks';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { types, type PGliteOptions, type Transaction } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import type { Config } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { assertChannel, createScope } from './scope.js';
import type { Database } from './database.js';
import { createDatabaseTemplate, type DatabaseTemplate } from './database-template.js';
import { DurableFiles, durableStartParams, flush, flushTree } from './durable-files.js';
import { GuardedPGlite } from './guarded-pglite.js';
import { acquireLock } from './lock.js';
import * as schema from './schema.js';
import { createStatementLogger } from './statement-logger.js';

/** PGlite's own pair builds an array with one string per byte: 60 times slower on a picture of 1 MiB. */
export const bytesAsHex: Pick<PGliteOptions, 'parsers' | 'serializers'> = {
  parsers: { [types.BYTEA]: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')) },
  serializers: {
    [types.BYTEA]: (bytes: Uint8Array) =>
      `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
  },
};

/**
 * Opens the database in `<dataDir>/database`, creating it where absent, under the lock in `<dataDir>/database.lock`.
 * A statement or transaction that was answered is on the disk: it survives the death of the process, of the system and
 * of the power, as far as the disk keeps what it confirmed to have flushed. Statements run on the calling thread.
 * @throws GelqlError DATABASE_LOCKED, DATABASE_UNAVAILABLE where the folder cannot be used
 */
export async function openEmbedded(
  { dataDir, cacheDir }: Pick<Config, 'dataDir' | 'cacheDir'>,
  logger: Logger,
): Promise<Database> {
  const lock = await usable(dataDir, () => acquireLock(join(dataDir, 'database.lock'), commandLine()));
  try {
    const directory = join(dataDir, 'database');
    const pglite = await usable(dataDir, async () => {
      if (!existsSync(directory)) await create(directory, createDatabaseTemplate(cacheDir, logger), logger);
      return openFolder(directory);
    });
    return wrapEmbedded(pglite, logger, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A database over an open PGlite; `onClosed` runs once, after it is closed. */
export function wrapEmbedded(
  pglite: GuardedPGlite,
  logger: Logger,
  onClosed: () => Promise<void> = async () => {},
): Database {
  let closing: Promise<void> | null = null;
  const close = async () => {
    await pglite.close();
    await onClosed();
  };
  return {
    kind: 'embedded',
    ...createScope(drizzle(pglite, { schema, logger: createStatementLogger(logger) }), pglite, executeOn),
    listen: async (channel, onPayload) => {
      assertChannel(channel);
      const deliver = (payload: string) => {
        try {
          onPayload(payload);
        } catch (error) {
          logger.error({ err: error, channel }, 'a listener failed');
        }
      };
      // What is sent arrives while its sender's transaction ends. The listener is not part of that: it may query.
      const stop = await pglite.listen(channel, AsyncResource.bind(deliver));
      return () => stop();
    },
    close: () => (closing ??= close()),
  };
}

/** Prepared aside, flushed and renamed, so that a creation cut short is started again instead of half a database used. */
async function create(directory: string, template: DatabaseTemplate, logger: Logger): Promise<void> {
  logger.info({ directory }, 'creating the embedded database');
  const aside = `${directory}.new`;
  await rm(aside, { recursive: true, force: true });
  if (!(await template.copyTo(aside))) {
    await mkdir(aside, { recursive: true });
    await (await openFolder(aside)).close();
    await template.keep(aside);
  }
  await flushTree(aside);
  await rename(aside, directory);
  flush(dirname(directory));
}

async function openFolder(directory: string): Promise<GuardedPGlite> {
  const pglite = new GuardedPGlite({
    fs: new DurableFiles(directory),
    startParams: durableStartParams,
    ...bytesAsHex,
  });
  await pglite.waitReady;
  return pglite;
}

/** The shape that drizzle and pg-boss both run on: PGlite itself or one of its transactions. */
async function executeOn(
  client: Pick<Transaction, 'exec' | 'query'>,
  text: string,
  values: unknown[],
): Promise<{ rows: Record<string, unknown>[]; rowCount: number }> {
  if (values.length === 0) {
    const results = await client.exec(text);
    const rows = results.flatMap((result) => result.rows);
    return { rows, rowCount: results.reduce((sum, result) => sum + (result.affectedRows ?? 0), 0) };
  }
  const result = await client.query<Record<string, unknown>>(text, values);
  return { rows: result.rows, rowCount: result.affectedRows ?? result.rows.length };
}

async function usable<T>(dataDir: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof GelqlError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GelqlError(
      'DATABASE_UNAVAILABLE',
      `The embedded database in ${dataDir} cannot be used: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

function commandLine(): string {
  return [process.title, ...process.argv.slice(1)].join(' ');
}
