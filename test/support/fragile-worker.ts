import { serveTask } from '../../src/compute/task-envelope.js';
import { parsePrepareImageTask } from '../../src/compute/task-schemas.js';

export { extractFeatures, trainHead } from '../../src/compute/worker.js';

/** A decoder that one kind of file kills: the first byte is the exit code. */
export const prepareImage = serveTask(parsePrepareImageTask, async ({ bytes }) => {
  process.exit(bytes[0]);
});
