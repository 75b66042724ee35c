/** Writes rows into the embedded database in the folder argv[2] and prints each one's name once it is acknowledged. */
import { sql } from 'drizzle-orm';
import { openDatabase } from '../../src/db/client.js';
import { migrate } from '../../src/db/migrate.js';
import { createLogger } from '../../src/logger.js';

const dataDir = process.argv[2] ?? '';
const database = await openDatabase(
  { databaseUrl: null, dataDir, cacheDir: dataDir },
  createLogger('silent'),
);
await migrate(database);
const prefix = process.argv[3] ?? '';

async function insert(scope: Pick<typeof database, 'drizzle'>, name: string): Promise<void> {
  await scope.drizzle.execute(
    sql`insert into artifacts (sha256, kind, size_bytes, bytes) values (${name}, 'head', 1, '\\x00')`,
  );
}

for (let count = 0; ; count += 1) {
  const name = `${prefix}-${count}`;
  // Every second one is a pair that must be there together or not at all.
  if (count % 2 === 0) await insert(database, name);
  else {
    await database.transaction(async (scope) => {
      await insert(scope, name);
      await insert(scope, `${name}-twin`);
    });
  }
  process.stdout.write(`${name}\n`);
}
