import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../src/db/client.js';
import type { Random } from '../../src/random.js';
import { startProcess, type GelqlProcess, type ProcessPlace } from './gelql-process.js';
import { databaseClockMs, listLosses, readModels, type Loss } from './outcome.js';

/** What the kills have hit. */
export interface KillRecord {
  /** Models that were registered before some kill, with their heads. */
  seen: Map<string, string>;
  killed: { server: number; worker: number };
  /** Runs that a kill took from a worker, and jobs that it took before their run had begun. */
  running: Loss[];
  taken: Loss[];
  /** Processes that ended without being killed. */
  ownEnds: string[];
}

/** A kill comes so long after the one before it, in shares of the time that the processes took to start. */
const PAUSE_SHARES = { least: 0.2, most: 1 };

/** Waits, kills one of the processes, whatever it is doing, also starting, and starts it again. */
export async function strike(
  database: Database,
  processes: GelqlProcess[],
  place: ProcessPlace,
  { startMs, random }: { startMs: number; random: Random },
  record: KillRecord,
): Promise<void> {
  const { least, most } = PAUSE_SHARES;
  await delay(startMs * (least + (most - least) * random.nextFloat()));
  for (const [id, head] of await readModels(database)) record.seen.set(id, head);
  const index = random.nextBelow(processes.length);
  const victim = processes[index];
  if (victim === undefined) throw new RangeError(`no process ${index}`);
  const ownEnd = victim.ownEnd();
  if (ownEnd !== null) record.ownEnds.push(`ended by itself: ${ownEnd}`);
  const diedAtMs = await databaseClockMs(database);
  await victim.kill();
  record.killed[victim.kind] += 1;
  processes[index] = startProcess(victim.kind, place);
  if (victim.kind === 'server') return;
  const { running, taken } = await listLosses(database, victim.pid, diedAtMs);
  record.running.push(...running);
  record.taken.push(...taken);
}
