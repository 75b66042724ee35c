/** `gelql serve` with the identity engine, for bench/serving.ts. */
import { join } from 'node:path';
import { createApp } from '../../src/app.js';
import { runInterruptibly, untilAborted } from '../../src/cli/terminal/interruptible.js';
import { printNote } from '../../src/cli/terminal/output.js';
import { addressLines, listen } from '../../src/cli/serve-command.js';
import { entryOf } from '../../src/compute/worker-entry.js';
import { PACKAGE_DIR, readConfig } from '../../src/config.js';
import { createLogger } from '../../src/logger.js';

const config = { ...readConfig(), port: 0, engine: 'onnxruntime' as const };
const worker = entryOf(join(PACKAGE_DIR, 'bench', 'serving', 'identity-worker.ts'));
const app = await createApp(config, createLogger(config.logLevel), { entries: { worker } });
await runInterruptibly(async (signal) => {
  const server = await listen(app);
  printNote(addressLines(server.url).join('\n'));
  await untilAborted(signal);
  await server.close();
});
await app.close();
