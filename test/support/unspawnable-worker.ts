import { parentPort } from 'node:worker_threads';
import { inProcess } from '../../src/compute/channel.js';
import { createLane } from '../../src/compute/lane.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { GelqlError } from '../../src/errors.js';
import { DOUBLE } from './test-tasks.js';

/** Opens a lane of processes where none can be started: what became of two tasks, and that the lane closes. */
process.execPath = '/none/node';

const open = inProcess({ entry: entryOf('/none/worker.js'), environment: {} });
const lane = createLane({ name: 'test', open, workers: 1 });
const codes: string[] = [];
for (let attempt = 0; attempt < 2; attempt++) {
  await lane
    .run(DOUBLE, 1)
    .catch((error: unknown) => codes.push(error instanceof GelqlError ? error.code : String(error)));
}
await lane.close();
parentPort?.postMessage(codes);
