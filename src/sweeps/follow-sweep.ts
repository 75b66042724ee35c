import { setTimeout as delay } from 'node:timers/promises';
import { findDataset } from '../datasets/datasets.js';
import type { Database, DatabaseScope } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { iterateWatch } from '../runs/iterate-watch.js';
import type { RunAnnouncements, RunWatch } from '../runs/run-announcements.js';
import { listRunEvents } from '../runs/run-events.js';
import { hasEnded, trackRun, type RunSnapshot, type RunTracker } from '../runs/run-progress.js';
import { sweepStateOf, type SweepState } from './sweep-state.js';
import { estimateSweepSecondsLeft } from './sweep-time-left.js';
import {
  findSweep,
  listParts,
  listPartRuns,
  type PartRun,
  type SweepCounts,
  type SweepRow,
} from './sweeps.js';

/** Between two reports, at least. */
const PAUSE_MS = 200;
const EVENTS_PER_PAGE = 500;

/** How far a part is that has a run. */
export interface PartProgress extends RunSnapshot {
  number: number;
  runId: string;
  runName: string;
}

/** How far a sweep is: each report is complete by itself. */
export interface SweepProgress {
  sweep: SweepRow;
  state: SweepState;
  counts: SweepCounts;
  /** See estimateSweepSecondsLeft. */
  secondsLeft: number | null;
  /** Those that have a run, by number. */
  parts: PartProgress[];
}

interface FollowedPart {
  row: PartRun;
  tracker: RunTracker;
  /** Sequence number of the last event that was followed. */
  read: number;
  startedAt: Date | null;
  tookSeconds: number | null;
}

/**
 * How far a sweep is, now and after every change, until no part is left. Changes that come close together, and those that
 * come while the reader is busy, make one report.
 * @param reference id or name
 * @throws GelqlError NOT_FOUND at once; SHUTTING_DOWN from the iteration
 */
export async function followSweep(
  services: { database: Database; announcements: RunAnnouncements },
  reference: string,
): Promise<AsyncIterableIterator<SweepProgress>> {
  const { database, announcements } = services;
  const sweep = await findSweep(database, reference);
  if (sweep === null) throw new GelqlError('NOT_FOUND', `There is no sweep "${reference}".`);
  const dataset = await findDataset(database, sweep.datasetId);
  const all = await listParts(database, [sweep.id]);
  const followed = (await listPartRuns(database, sweep.id)).map((row) =>
    followPart(row, dataset?.pictureCount ?? 0),
  );
  const report = () => reportSweep(sweep, followed, all.length);
  const open = followed.filter(({ tracker }) => !hasEnded(tracker.progress));
  const watch = await announcements.watch(open.map(({ row }) => row.run.id));
  return iterateWatch(watch, () => readReports(database, open, report, watch));
}

function followPart(row: PartRun, pictureCount: number): FollowedPart {
  const { run } = row;
  return {
    row,
    tracker: trackRun({ configuration: run.configuration, pictureCount }, run),
    read: run.lastSequence,
    startedAt: run.startedAt,
    // What had ended before says nothing about the pace of this sweep.
    tookSeconds: row.part.isReused ? null : secondsBetween(run.startedAt, run.finishedAt),
  };
}

async function* readReports(
  scope: DatabaseScope,
  open: readonly FollowedPart[],
  report: () => SweepProgress,
  watch: RunWatch,
): AsyncGenerator<SweepProgress> {
  const isOver = () => open.every(({ tracker }) => hasEnded(tracker.progress));
  if (isOver()) yield report();
  while (!isOver()) {
    const changed = new Set(await watch.changed());
    if (changed.size === 0) return;
    for (const part of open) if (changed.has(part.row.run.id)) await readPart(scope, part);
    yield report();
    if (!isOver()) await delay(PAUSE_MS);
  }
}

async function readPart(scope: DatabaseScope, part: FollowedPart): Promise<void> {
  for (;;) {
    const page = await listRunEvents(scope, part.row.run.id, { after: part.read, limit: EVENTS_PER_PAGE });
    for (const event of page) {
      const { state, kind, createdAt } = part.tracker.follow(event);
      part.read = event.sequence;
      if (kind === 'STATE' && state === 'RUNNING') part.startedAt = createdAt;
      if (hasEnded({ state })) part.tookSeconds = secondsBetween(part.startedAt, createdAt);
    }
    if (page.length < EVENTS_PER_PAGE) return;
  }
}

function reportSweep(sweep: SweepRow, followed: readonly FollowedPart[], total: number): SweepProgress {
  const parts = followed.map(({ row: { part, run }, tracker }): PartProgress => ({
    number: part.number,
    runId: run.id,
    runName: run.name,
    ...tracker.progress,
  }));
  const partsIn = (wanted: RunSnapshot['state']) => parts.filter(({ state }) => state === wanted).length;
  const counts = {
    total,
    queued: partsIn('QUEUED'),
    running: partsIn('RUNNING'),
    succeeded: partsIn('SUCCEEDED'),
    failed: partsIn('FAILED'),
    cancelled: partsIn('CANCELLED'),
    refused: total - parts.length,
    reused: followed.filter(({ row }) => row.part.isReused).length,
  };
  const timed = followed.map(({ row: { run }, tracker, tookSeconds }) => ({
    ...tracker.progress,
    features: `${run.configuration.device} ${run.configuration.backboneId}`,
    tookSeconds,
  }));
  return {
    sweep,
    state: sweepStateOf(counts),
    counts,
    secondsLeft: estimateSweepSecondsLeft(timed),
    parts,
  };
}

function secondsBetween(start: Date | null, end: Date | null): number | null {
  return start === null || end === null ? null : (end.getTime() - start.getTime()) / 1000;
}
