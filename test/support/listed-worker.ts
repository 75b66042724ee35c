import type { DatabaseScope } from '../../src/db/client.js';
import { registerWorker, type WorkerRow } from '../../src/runs/workers.js';

/** A worker that trains heads on the CPU, one at a time, unless `options` say otherwise. */
export function registerListedWorker(
  database: DatabaseScope,
  options: Partial<
    Pick<WorkerRow, 'devices' | 'concurrency' | 'engines' | 'networkEngines' | 'codeVersion'>
  > = {},
): Promise<WorkerRow> {
  return registerWorker(database, {
    ...{ devices: ['CPU'], concurrency: 1, engines: { CPU: 'wasm' }, networkEngines: {}, codeVersion: 'v' },
    ...options,
  });
}
