import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { Pool } from 'pg';
import type * as schema from './schema.js';

/** Drizzle's query builder over the schema, whichever driver is below and whether or not a transaction is open. */
export type Queries = PgDatabase<PgQueryResultHKT, typeof schema>;

/**
 * Where rows are read and written: the database itself or one open transaction. Every row function takes a scope first,
 * so it works alone and as a part of a larger transaction.
 */
export interface DatabaseScope {
  readonly drizzle: Queries;
  /** Runs SQL text with `$1` values, or several statements without values, none of them BEGIN; objects become JSON, undefined NULL. */
  executeSql(
    text: string,
    values?: unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; rowCount: number }>;
  /**
   * Runs `work` in one transaction, or in a savepoint where this scope is a transaction already: all of it is kept, or
   * nothing when it throws. Inside, use the scope that `work` is given, not this one.
   */
  transaction<T>(work: (scope: DatabaseScope) => Promise<T>): Promise<T>;
  /** Sends up to 7999 bytes of text to all who listen; from a transaction, when it commits. */
  notify(channel: string, payload: string): Promise<void>;
}

export interface Database extends DatabaseScope {
  /** Where it is, for people; without the password. */
  readonly address: string;
  /**
   * Calls `onPayload` for each notification on `channel` (lower-case letters, digits, underscores), also for those that
   * this process sends. What is sent while the connection to PostgreSQL is lost is missed; listening itself resumes.
   * @returns a function that stops listening
   */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  /** Connections of the driver `pg` to the same database, for a library that needs it. Who asks for the pool ends it. */
  createPool(connections: number): Pool;
  /** Waits up to 10 s for running statements, then closes. May be called again. */
  close(): Promise<void>;
}
