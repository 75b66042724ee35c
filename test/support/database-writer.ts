/**
 * Writes rows into gelql's own database in the folder argv[2] and prints each one's name once it is acknowledged. A row
 * that fails is printed as `failed: CODE` and left; the next one follows.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { openDatabase, type DatabaseScope } from '../../src/db/client.js';
import { findGelqlError } from '../../src/errors.js';
import { createLogger } from '../../src/logger.js';

const [dataDir = '', prefix = '', sizeText = '4'] = process.argv.slice(2);
const config = { databaseUrl: null, dataDir, cacheDir: dataDir, postgres: null };
const database = await openDatabase(config, createLogger('silent'));
await database.drizzle.execute(sql`create table if not exists written (name text primary key, bytes bytea)`);

const insert = ({ drizzle }: Pick<DatabaseScope, 'drizzle'>, name: string) => {
  const bytes = randomBytes(Number(sizeText));
  return drizzle.execute(sql`insert into written values (${name}, ${bytes})`);
};

for (let count = 0; ; count += 1) {
  const name = `${prefix}-${count}`;
  try {
    // Every second one is a pair that must be there together or not at all.
    if (count % 2 === 0) await insert(database, name);
    else {
      await database.transaction(async (scope) => {
        await insert(scope, name);
        await insert(scope, `${name}-twin`);
      });
    }
    process.stdout.write(`${name}\n`);
  } catch (error) {
    process.stdout.write(`failed: ${findGelqlError(error)?.code ?? JSON.stringify(String(error))}\n`);
    await setTimeout(20);
  }
}
