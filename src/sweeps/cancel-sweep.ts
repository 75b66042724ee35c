import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { cancelTraining } from '../runs/cancel-training.js';
import { hasEnded } from '../runs/run-progress.js';
import type { RunQueue } from '../runs/run-queue.js';
import { findSweep, listPartRuns, type SweepRow } from './sweeps.js';

/**
 * Stops what is left of the runs that a sweep has added: queued ones never start, running ones stop at their next batch,
 * wherever they are. Runs that were there before go on for whoever asked for them first.
 * @param reference id or name
 * @throws GelqlError NOT_FOUND; RUN_NOT_CANCELLABLE when nothing is left to stop
 */
export async function cancelSweep(
  services: { database: Database; queue: RunQueue },
  reference: string,
): Promise<SweepRow> {
  const { database } = services;
  const sweep = await findSweep(database, reference);
  if (sweep === null) throw new GelqlError('NOT_FOUND', `There is no sweep "${reference}".`);
  const runs = await listPartRuns(database, sweep.id);
  const left = runs.filter(({ part, run }) => !part.isReused && !hasEnded(run));
  // The waiting ones first, else the worker that is freed takes the next of them.
  left.sort((one, other) => Number(one.run.state === 'RUNNING') - Number(other.run.state === 'RUNNING'));
  let cancelledCount = 0;
  for (const { run } of left) cancelledCount += (await cancelUnlessEnded(services, run.id)) ? 1 : 0;
  if (cancelledCount > 0) return sweep;
  throw new GelqlError('RUN_NOT_CANCELLABLE', `Of the sweep ${sweep.name} nothing is left to stop.`);
}

async function cancelUnlessEnded(
  services: { database: Database; queue: RunQueue },
  runId: string,
): Promise<boolean> {
  try {
    await cancelTraining(services, runId);
    return true;
  } catch (error) {
    if (error instanceof GelqlError && error.code === 'RUN_NOT_CANCELLABLE') return false;
    throw error;
  }
}
