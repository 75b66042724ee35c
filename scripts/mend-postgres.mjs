/**
 * Mends two faults of the driver `postgres` 3.4.9 in node_modules, which upstream has not released mends for
 * (porsager/postgres issues 1154, 1208, pull request 1168):
 * - a statement on a connection that has just closed throws in a timer, where nobody can catch it, and ends the process;
 * - a connection that closed with an unsent statement never sends another one after it was opened again.
 * Plain Node without any package: it runs before the build. Doing it again changes nothing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = join(ROOT, 'node_modules', 'postgres', 'src', 'connection.js');
const REFUSE =
  "    if (socket === null) return (queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true)\n";
const DROP = '    if (socket === null) return ((chunk = nextWriteTimer = null), true)\n';
const RESET = '    chunk = nextWriteTimer = null\n';

/** Each finds a place that the mend is not at yet. */
const MENDS = [
  [/( {2}function execute\(q\) \{\n)(?! {4}if \(socket === null\))/g, REFUSE],
  [/( {2}function nextWrite\(fn\) \{\n)(?! {4}if \(socket === null\))/g, DROP],
  [/( {4}clearImmediate\(nextWriteTimer\)\n)(?! {4}chunk = )/g, RESET],
];

/** @returns {boolean} whether the driver is as it must be now; false where it is absent or has changed */
export function mendPostgres(file = FILE) {
  if (!existsSync(file)) return false;
  const found = readFileSync(file, 'utf8');
  const mended = MENDS.reduce(
    (text, [place, added]) => text.replace(place, (before) => `${before}${added}`),
    found,
  );
  if (mended !== found) writeFileSync(file, mended);
  const resets = mended.split(`clearImmediate(nextWriteTimer)\n${RESET}`).length - 1;
  return mended.includes(REFUSE) && mended.includes(DROP) && resets >= 2;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !mendPostgres()) {
  console.error('the driver postgres has changed: see whether scripts/mend-postgres.mjs is still needed');
}
