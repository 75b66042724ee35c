import { trainsBackbone } from '../words/training-configuration.js';
import { and, asc, eq, gte, inArray, notExists, sql, type SQL } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { isId, newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { epochs, runCheckpoints, trainingRuns } from '../db/schema.js';
import { GelqlError, serializeError, type SerializedError } from '../errors.js';
import type { EngineName } from '../words/device.js';
import type { EpochProgress, RunEventBody } from '../words/run-event.js';
import { addRun, changeRuns, type RunClaim, type TrainingRunRow } from './run-events.js';
import type { RunStage, RunState } from '../words/run-state.js';
import type { TrainingEnd } from '../words/training-rules.js';

/*
 *   insertRun                 startRun (attempt + 1)              finishRun
 *  ----------> QUEUED ------------------------------> RUNNING --------------> SUCCEEDED
 *                ^ |                                   | | |     failRun
 *                | | cancelRun              cancelRun  | | +----------------> FAILED
 *                | +----------------> CANCELLED <------+ |                      ^
 *                |   loseRuns: its worker is gone        |                      |
 *                +---------------------------------------+--- last attempt lost +
 *                    releaseRun: in good order (attempt - 1)
 *
 * Each arrow is one UPDATE that names the state and the attempt it leaves, so two processes can never both take or end
 * a run: the second finds no row. What it costs: every step must check whether it still owns the run. The same statement
 * stores the event that tells watchers of the step (run-events.ts).
 */

export type { RunClaim, TrainingRunRow } from './run-events.js';
/** What the queue must know of a run. */
export type QueuedRun = Pick<TrainingRunRow, 'id' | 'configuration'>;
export type EpochRow = typeof epochs.$inferSelect;

export interface RunProgress {
  stage: RunStage;
  /** Share of the stage that is done, 0..1. */
  stageProgress: number;
  engine?: EngineName;
  featureEngine?: EngineName;
}

/** How fast a network is trained is told to those who watch, and not kept with the run. */
export type ReportedProgress = RunProgress & { picturesPerSecond?: number | null };

const WAITING = { state: 'QUEUED', stage: 'WAITING', stageProgress: 0 } as const;

/** @param run `name` is made from the configuration and the id where absent */
export async function insertRun(
  scope: DatabaseScope,
  run: Pick<TrainingRunRow, 'datasetId' | 'configuration' | 'fingerprint'> & { name?: string | undefined },
): Promise<TrainingRunRow> {
  const id = newId();
  const { configuration } = run;
  const architecture = configuration.backboneId.split('-')[0] ?? 'model';
  // Tables and charts call models by name alone: what was trained besides the head must show in it.
  const inside = trainsBackbone(configuration) ? [configuration.trainable] : [];
  const made = [architecture, ...inside, configuration.head, configuration.optimizer, id.slice(-6)]
    .join('-')
    .toLowerCase();
  return addRun(scope, { id, state: 'QUEUED', ...run, name: run.name ?? made }, [entered('QUEUED')]);
}

export async function findRun(scope: DatabaseScope, id: string): Promise<TrainingRunRow | null> {
  if (!isId(id)) return null;
  const [row] = await scope.drizzle.select().from(trainingRuns).where(eq(trainingRuns.id, id));
  return row ?? null;
}

/**
 * QUEUED -> RUNNING; null where the run is not queued any more: another worker took it, or it was cancelled.
 * @param workerId the worker that takes it; null where it is none of those that are listed
 */
export async function startRun(
  scope: DatabaseScope,
  id: string,
  workerId: string | null = null,
): Promise<TrainingRunRow | null> {
  return scope.transaction(async (transaction) => {
    const [row] = await changeRuns(
      transaction,
      and(eq(trainingRuns.id, id), eq(trainingRuns.state, 'QUEUED')),
      {
        state: 'RUNNING',
        stage: 'WAITING',
        stageProgress: 0,
        attempt: sql`${trainingRuns.attempt} + 1`,
        workerId,
        startedAt: sql`now()`,
      },
      [entered('RUNNING')],
    );
    // A new attempt computes the same epochs again, those behind its checkpoint at least.
    const isRepeated = notExists(
      transaction.drizzle.select().from(runCheckpoints).where(eq(runCheckpoints.runId, id)),
    );
    if (row !== undefined) {
      await transaction.drizzle.delete(epochs).where(and(eq(epochs.runId, id), isRepeated));
    }
    return row ?? null;
  });
}

/** @throws GelqlError CANCELLED where the run is not running any more */
export async function updateRunProgress(
  scope: DatabaseScope,
  run: RunClaim,
  progress: ReportedProgress,
): Promise<void> {
  await changeRunning(scope, run, progress, []);
}

/** @returns whether this attempt is still running; false means: stop working on it */
export async function isStillRunning(scope: DatabaseScope, run: RunClaim): Promise<boolean> {
  return (await scope.drizzle.$count(trainingRuns, isRunning(run))) > 0;
}

/** Stores epochs and how far the training is. @throws GelqlError CANCELLED, see above */
export async function appendEpochs(
  scope: DatabaseScope,
  run: RunClaim,
  done: readonly EpochProgress[],
  progress: RunProgress,
): Promise<void> {
  await scope.transaction(async (transaction) => {
    const events = done.map((epoch) => ({ kind: 'EPOCH' as const, epoch }));
    await changeRunning(transaction, run, progress, events);
    await transaction.drizzle.insert(epochs).values(done.map((epoch) => ({ runId: run.id, ...epoch })));
  });
}

/** RUNNING -> SUCCEEDED, in the transaction that registers the model. @throws GelqlError CANCELLED, see above */
export async function finishRun(
  scope: DatabaseScope,
  run: RunClaim,
  { keptEpoch, stopReason }: TrainingEnd,
): Promise<void> {
  const done = { state: 'SUCCEEDED', stage: 'DONE', stageProgress: 1, finishedAt: sql`now()` } as const;
  const ended = { ...done, keptEpoch, stopReason };
  const changed = await changeRuns(scope, isRunning(run), ended, [entered('SUCCEEDED')]);
  if (changed.length === 0) throw notRunning(run);
}

/** RUNNING -> FAILED with the error. @returns false where this attempt was not running any more */
export async function failRun(scope: DatabaseScope, run: RunClaim, error: unknown): Promise<boolean> {
  return (await endWithError(scope, isRunning(run), serializeError(error))).length > 0;
}

/** QUEUED or RUNNING -> CANCELLED. @throws GelqlError NOT_FOUND, RUN_NOT_CANCELLABLE where the run has ended */
export async function cancelRun(scope: DatabaseScope, id: string): Promise<TrainingRunRow> {
  if ((await findRun(scope, id)) === null) throw new GelqlError('NOT_FOUND', `There is no run ${id}.`);
  const isUnfinished = and(eq(trainingRuns.id, id), inArray(trainingRuns.state, ['QUEUED', 'RUNNING']));
  const ended = { state: 'CANCELLED', finishedAt: sql`now()` } as const;
  const [row] = await changeRuns(scope, isUnfinished, ended, [entered('CANCELLED')]);
  if (row === undefined) throw new GelqlError('RUN_NOT_CANCELLABLE', `The run ${id} has ended already.`);
  return row;
}

/**
 * RUNNING -> QUEUED by a worker that stops in good order; the attempt does not count.
 * @returns whether it was still running; if so, the caller gives it a new job in the same transaction
 */
export async function releaseRun(scope: DatabaseScope, run: RunClaim): Promise<boolean> {
  const attempt = sql`${trainingRuns.attempt} - 1`;
  const released = await changeRuns(scope, isRunning(run), { ...WAITING, attempt }, [entered('QUEUED')]);
  return released.length > 0;
}

/**
 * RUNNING -> QUEUED by a worker whose engine died under the run; the attempt counts, and the job stays.
 * @returns false where it was the last attempt, or the run is not running
 */
export async function retryRun(scope: DatabaseScope, run: RunClaim, maxAttempts: number): Promise<boolean> {
  if (run.attempt >= maxAttempts) return false;
  return (await changeRuns(scope, isRunning(run), WAITING, [entered('QUEUED')])).length > 0;
}

/**
 * RUNNING -> QUEUED, or FAILED after the last attempt, where the worker is gone.
 * @param lost the runs of these workers, or the run whose job was handed out again
 * @returns the runs that lost their worker
 */
export async function loseRuns(
  scope: DatabaseScope,
  lost: { workerIds: readonly string[] } | { runId: string },
  maxAttempts: number,
): Promise<TrainingRunRow[]> {
  const isTheirs =
    'runId' in lost ? eq(trainingRuns.id, lost.runId) : inArray(trainingRuns.workerId, [...lost.workerIds]);
  const isLost = and(eq(trainingRuns.state, 'RUNNING'), isTheirs);
  const error = new GelqlError('WORKER_CRASHED', `The run lost its worker ${maxAttempts} times.`);
  const isLastAttempt = gte(trainingRuns.attempt, maxAttempts);
  const failed = await endWithError(scope, and(isLost, isLastAttempt), serializeError(error));
  const queued = await changeRuns(scope, isLost, WAITING, [entered('QUEUED')]);
  return [...failed, ...queued];
}

/** Newest first. */
export async function pageRuns(
  scope: DatabaseScope,
  filter: { state?: RunState },
  page: PageRequest,
): Promise<Page<TrainingRunRow>> {
  const condition = filter.state === undefined ? undefined : eq(trainingRuns.state, filter.state);
  return pageNewest(scope, trainingRuns, page, condition);
}

/** What each of the workers executes now, oldest first; one statement. */
export async function findRunsOfWorkers(
  scope: DatabaseScope,
  workerIds: readonly string[],
): Promise<TrainingRunRow[][]> {
  const rows = await scope.drizzle
    .select()
    .from(trainingRuns)
    .where(and(inArray(trainingRuns.workerId, [...workerIds]), eq(trainingRuns.state, 'RUNNING')))
    .orderBy(asc(trainingRuns.startedAt), asc(trainingRuns.id));
  return workerIds.map((id) => rows.filter(({ workerId }) => workerId === id));
}

/** Epochs of several runs in one statement, in order. */
export async function listEpochs(scope: DatabaseScope, runIds: readonly string[]): Promise<EpochRow[]> {
  return scope.drizzle
    .select()
    .from(epochs)
    .where(inArray(epochs.runId, [...runIds]))
    .orderBy(asc(epochs.runId), asc(epochs.number));
}

function entered(state: RunState): RunEventBody {
  return { kind: 'STATE', state, error: null };
}

async function endWithError(
  scope: DatabaseScope,
  where: SQL | undefined,
  error: SerializedError,
): Promise<TrainingRunRow[]> {
  const event: RunEventBody = { kind: 'STATE', state: 'FAILED', error };
  return changeRuns(scope, where, { state: 'FAILED', error, finishedAt: sql`now()` }, [event]);
}

/** @throws GelqlError CANCELLED where the run is not running any more */
async function changeRunning(
  scope: DatabaseScope,
  run: RunClaim,
  { picturesPerSecond, ...progress }: ReportedProgress,
  events: readonly RunEventBody[],
): Promise<void> {
  const { stage, stageProgress } = progress;
  const pace = picturesPerSecond == null ? {} : { picturesPerSecond };
  const changed = await changeRuns(scope, isRunning(run), progress, [
    ...events,
    { kind: 'PROGRESS', stage, stageProgress, ...pace },
  ]);
  if (changed.length === 0) throw notRunning(run);
}

function isRunning({ id, attempt }: RunClaim) {
  return and(eq(trainingRuns.id, id), eq(trainingRuns.attempt, attempt), eq(trainingRuns.state, 'RUNNING'));
}

function notRunning({ id, attempt }: RunClaim): GelqlError {
  return new GelqlError('CANCELLED', `Attempt ${attempt} of the run ${id} is not running any more.`);
}
