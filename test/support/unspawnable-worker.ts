import { parentPort } from 'node:worker_threads';
import pino from 'pino';
import { createPool } from '../../src/compute/pool.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { GelqlError } from '../../src/errors.js';

/** Opens a pool of processes where none can be started: what became of two tasks, and that the pool closes. */
process.execPath = '/none/node';

const pool = createPool({
  name: 'test',
  entry: entryOf('/none/worker.js'),
  threads: 1,
  logger: pino({ level: 'silent' }),
  processEnvironment: {},
});
const codes: string[] = [];
for (let task = 0; task < 2; task++) {
  await pool
    .run('double', () => ({ value: 1, transfer: [] }))
    .catch((error: unknown) => codes.push(error instanceof GelqlError ? error.code : String(error)));
}
await pool.close();
parentPort?.postMessage(codes);
