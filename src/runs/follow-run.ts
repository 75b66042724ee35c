import { findDataset } from '../datasets/datasets.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { iterateWatch } from './iterate-watch.js';
import type { RunAnnouncements, RunWatch } from './run-announcements.js';
import { listRunEvents, type RunEventRow } from './run-events.js';
import { hasEnded, trackRun, type RunTracker, type TrainingEvent } from './run-progress.js';
import { findRun } from './training-runs.js';

/** Events that are read, and held, at once. */
const EVENTS_PER_PAGE = 200;

/**
 * The stored events of a run after a sequence number, in order and without gaps: first those that are there, then each
 * as it comes, until the run's last. The reader sets the pace. Ending the iteration early frees everything, also while
 * it waits for an event.
 * @param afterSequence 0 for all
 * @throws GelqlError NOT_FOUND, BAD_REQUEST at once; SHUTTING_DOWN from the iteration
 */
export async function followRun(
  services: { database: Database; announcements: RunAnnouncements },
  runId: string,
  afterSequence: number,
): Promise<AsyncIterableIterator<TrainingEvent>> {
  const { database, announcements } = services;
  if (afterSequence < 0) throw new GelqlError('BAD_REQUEST', 'afterSequence counts from 0.');
  const run = await findRun(database, runId);
  if (run === null) throw new GelqlError('NOT_FOUND', `There is no training run "${runId}".`);
  const dataset = await findDataset(database, run.datasetId);
  const tracker = trackRun({ configuration: run.configuration, pictureCount: dataset?.pictureCount ?? 0 });
  const watch = await announcements.watch([run.id]);
  return iterateWatch(watch, () => readEvents(database, run.id, afterSequence, tracker, watch));
}

async function* readEvents(
  database: Database,
  runId: string,
  afterSequence: number,
  tracker: RunTracker,
  watch: RunWatch,
): AsyncGenerator<TrainingEvent> {
  let read = 0;
  const changed = () =>
    watch.changed().catch((error: unknown) => {
      throw withResumeToken(error, Math.max(read, afterSequence));
    });
  while ((await changed()).length > 0) {
    let page: RunEventRow[];
    do {
      page = await listRunEvents(database, runId, { after: read, limit: EVENTS_PER_PAGE });
      for (const row of page) {
        read = row.sequence;
        const event = tracker.follow(row);
        if (read > afterSequence) yield event;
      }
    } while (page.length === EVENTS_PER_PAGE);
    if (hasEnded(tracker.progress)) return;
  }
}

/** Where the server stops, the client asks another one for what comes after the last event that it got. */
function withResumeToken(error: unknown, afterSequence: number): unknown {
  if (!(error instanceof GelqlError) || error.code !== 'SHUTTING_DOWN') return error;
  return new GelqlError(error.code, error.message, { facts: { afterSequence }, cause: error });
}
