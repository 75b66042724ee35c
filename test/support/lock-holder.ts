/** Takes the lock of the folder argv[2] when a line comes in, prints the outcome as JSON, holds it until the next line. */
import { createInterface } from 'node:readline';
import { tryLock } from '../../src/features/lock.js';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (message: unknown): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

say({ ready: process.pid });
await lines.next();
const { lock, holder } = await tryLock(process.argv[2] ?? '', process.argv[3] ?? '');
if (lock === null) say({ held: false, holder });
else {
  say({ held: true });
  await lines.next();
  await lock.release();
  say({ released: true });
}
process.exit();
