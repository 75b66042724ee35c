import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { sql } from 'drizzle-orm';
import { readConfig } from '../src/config.js';
import { openDatabase } from '../src/db/client.js';
import { migrate } from '../src/db/migrate.js';
import { createLogger } from '../src/logger.js';
import { createDatabaseCheckpoints } from '../src/runs/checkpoints/database-checkpoints.js';

/**
 * What storing the checkpoint of an epoch in gelql's own PostgreSQL costs: `node --import tsx bench/checkpoints.ts [MIB]`. Processor time is that of the whole process; the delay is how long the main thread let
 * everybody else wait at most.
 */

const mib = Number(process.argv[2] ?? 128);
const EPOCHS = 3;
const bytes = new Uint8Array(Float32Array.from({ length: mib << 18 }, () => Math.random() - 0.5).buffer);
const dataDir = await mkdtemp(join(tmpdir(), 'gelql-bench-checkpoints-'));
const config = { ...readConfig({ HOME: process.env.HOME, GELQL_DATA_DIR: dataDir }) };
const database = await openDatabase(config, createLogger('silent'));
await migrate(database);
// Checkpoints of no run: what is measured is the bytes.
await database.drizzle.execute(sql`alter table run_checkpoint_chunks drop constraint
  run_checkpoint_chunks_run_id_training_runs_id_fk`);
const checkpoints = createDatabaseCheckpoints(database);
const sizeMib = () => Number(execFileSync('du', ['-sm', dataDir]).toString().split('\t')[0]);
console.log(`${mib} MiB, ${EPOCHS} epochs, each instead of the one before`);
console.log('seconds  processor s  longest delay ms  MiB on disk');
const runId = randomUUID();
const before = sizeMib();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const startedAt = performance.now();
const spent = process.cpuUsage();
for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
  const key = { runId, sha256: String(epoch).padStart(64, '0') };
  await checkpoints.write(key, bytes);
  await checkpoints.keepOnly(key);
  await setImmediate();
}
const { user, system } = process.cpuUsage(spent);
delay.disable();
const seconds = (performance.now() - startedAt) / 1000 / EPOCHS;
const cells = [
  seconds.toFixed(2).padStart(7),
  ((user + system) / 1e6 / EPOCHS).toFixed(2).padStart(11),
  (delay.max / 1e6).toFixed(0).padStart(16),
  String(sizeMib() - before).padStart(11),
];
console.log(cells.join('  '));
await database.close();
await rm(dataDir, { recursive: true, force: true });
