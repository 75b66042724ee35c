import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { PACKAGE_DIR } from '../config.js';
import { GelqlError } from '../errors.js';
import type { Database, DatabaseScope } from './database.js';

const MIGRATIONS_DIR = join(PACKAGE_DIR, 'migrations');
/** Any fixed number: it names the advisory lock that servers which start together queue for. */
const MIGRATION_LOCK = 4_735_100_001;

/**
 * Brings the schema up to this code's, in one transaction: all new migrations are applied, or none. Servers that start
 * at the same time on one PostgreSQL wait for each other. The applied ones are kept where drizzle-kit keeps them.
 * @returns how many migrations were applied
 * @throws GelqlError DATABASE_TOO_NEW where the database holds a migration that this code does not know
 */
export async function migrate(database: Database, migrationsDir: string = MIGRATIONS_DIR): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: migrationsDir });
  return database.transaction(async (scope) => {
    await scope.drizzle.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const applied = await readApplied(scope);
    refuseNewer(applied, known);
    const missing = known.filter(({ folderMillis }) => !applied.has(folderMillis));
    for (const migration of missing) await apply(scope, migration);
    return missing.length;
  });
}

/** Times of generation, which name the applied migrations. */
async function readApplied(scope: DatabaseScope): Promise<Set<number>> {
  await scope.drizzle.execute(sql`create schema if not exists drizzle`);
  await scope.drizzle.execute(sql`
    create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)
  `);
  const { rows } = await scope.executeSql('select created_at from drizzle.__drizzle_migrations');
  return new Set(rows.map((row) => Number(row.created_at)));
}

function refuseNewer(applied: Set<number>, known: readonly MigrationMeta[]): void {
  const knownTimes = new Set(known.map(({ folderMillis }) => folderMillis));
  const unknown = [...applied].filter((time) => !knownTimes.has(time));
  if (unknown.length === 0) return;
  throw new GelqlError(
    'DATABASE_TOO_NEW',
    `The database has ${unknown.length} migration(s) that this version does not know.`,
    { facts: { unknown: unknown.map((time) => new Date(time).toISOString()) } },
  );
}

async function apply(scope: DatabaseScope, migration: MigrationMeta): Promise<void> {
  for (const statement of migration.sql) await scope.drizzle.execute(sql.raw(statement));
  await scope.drizzle.execute(sql`
    insert into drizzle.__drizzle_migrations (hash, created_at) values (${migration.hash}, ${migration.folderMillis})
  `);
}
