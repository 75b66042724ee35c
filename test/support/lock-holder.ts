/** Takes the lock of the folder argv[2] when a line comes in, prints the outcome as JSON, holds it until the next line. */
import { createInterface } from 'node:readline';
import { acquireLock } from '../../src/db/lock.js';
import { serializeError } from '../../src/errors.js';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

say({ ready: process.pid });
await lines.next();
try {
  const lock = await acquireLock(process.argv[2] ?? '', process.argv[3] ?? '');
  say({ held: true });
  await lines.next();
  await lock.release();
  say({ released: true });
} catch (error) {
  say({ held: false, error: serializeError(error) });
}
process.exit();
