/**
 * Opens the embedded database in the folder argv[2] and stores 256 KiB after 256 KiB until that fails. Prints the name of
 * each artifact that was acknowledged, then what the failure says, what the next statement gets, and that it has closed.
 */
import { randomBytes } from 'node:crypto';
import { storeArtifact } from '../../src/db/artifacts.js';
import { openDatabase } from '../../src/db/client.js';
import { findGelqlError } from '../../src/errors.js';
import { createLogger } from '../../src/logger.js';

const dataDir = process.argv[2] ?? '';
const config = { databaseUrl: null, dataDir, cacheDir: dataDir };
const database = await openDatabase(config, createLogger('silent'));
const say = (line: string) => process.stdout.write(`${line}\n`);
const codeOf = (error: unknown) => findGelqlError(error)?.code ?? String(error);

for (;;) {
  try {
    say(await storeArtifact(database, 'picture', randomBytes(256 * 1024)));
  } catch (error) {
    say(`failed: ${codeOf(error)}`);
    break;
  }
}
await database.executeSql('select 1').catch((error: unknown) => say(`then: ${codeOf(error)}`));
await database.close();
say('closed');
