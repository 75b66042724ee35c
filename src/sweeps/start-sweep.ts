import { isDeepStrictEqual } from 'node:util';
import type { DatasetRow } from '../datasets/datasets.js';
import type { DatabaseScope } from '../db/client.js';
import { violatedUniqueIndex } from '../db/sql-error.js';
import { GelqlError, serializeError, type ErrorCode, type SerializedError } from '../errors.js';
import { checkModelName } from '../registry/register-model.js';
import { settleDevice } from '../runs/choose-run-device.js';
import type { TrainingConfiguration } from '../words/training-configuration.js';
import { hasEnded } from '../runs/run-progress.js';
import {
  checkConfiguration,
  loadTrainingPictures,
  queueTraining,
  type PlannedRun,
  type StartTrainingServices,
  type TrainingPictures,
} from '../training/start-training.js';
import { expandGrid, resolveGrid, type GridPart, type GridRequest } from './sweep-grid.js';
import type { SweepRequest } from '../words/sweep-request.js';
import {
  findSweep,
  insertSweep,
  listPartRuns,
  putParts,
  type SweepPartRow,
  type SweepRow,
} from './sweeps.js';

export interface StartSweepRequest extends GridRequest {
  /** Name or id of a registered data set. */
  dataset: string;
  /** Made up where absent. */
  name?: string | undefined;
  /** Trains again what runs have done already. */
  force?: boolean | undefined;
}

/** Why a part cannot be run; any other error stands against the whole sweep. */
const REFUSALS: readonly ErrorCode[] = [
  'NOT_FOUND',
  'WEIGHTS_MISSING',
  'WEIGHTS_INVALID',
  'DATASET_TOO_SMALL',
  'DEVICE_UNAVAILABLE',
  'ENGINE_UNAVAILABLE',
];

type CheckedPart = { number: number; configuration: TrainingConfiguration } & (
  { planned: PlannedRun } | { refusal: SerializedError }
);

/**
 * Queues every part of a grid that can be run, and keeps of the others why they cannot: sweep, parts, runs and jobs in
 * one transaction. The name of a sweep that has asked for the same goes on with that one: what failed, was cancelled or
 * was refused is tried again.
 * @throws GelqlError BAD_REQUEST, SWEEP_TOO_LARGE, NOT_FOUND for the data set, CONFLICT where another sweep has the name
 */
export async function startSweep(
  services: StartTrainingServices,
  { dataset: reference, name, force = false, ...grid }: StartSweepRequest,
): Promise<SweepRow> {
  const { database } = services;
  const request = resolveGrid(grid);
  const parts = expandGrid(request);
  const pictures = await loadTrainingPictures(database, reference);
  const { dataset } = pictures;
  if (name !== undefined) checkModelName(name);
  const earlier = name === undefined ? null : await findSweep(database, name);
  if (earlier !== null) checkSame(earlier, dataset, request, force);
  const open = earlier === null ? parts : await withoutDone(database, earlier, parts);
  const checked: CheckedPart[] = [];
  for (const part of open) checked.push(await checkPart(services, pictures, part));
  try {
    return await database.transaction(async (scope) => {
      const sweep = earlier ?? (await insertSweep(scope, { datasetId: dataset.id, request, name }));
      const rows: SweepPartRow[] = [];
      for (const part of checked) rows.push(await storePart(scope, services, sweep, part, force));
      await putParts(scope, rows);
      return sweep;
    });
  } catch (error) {
    if (violatedUniqueIndex(error) === 'sweeps_name') throw nameTaken(name ?? '', error);
    throw error;
  }
}

function checkSame(earlier: SweepRow, dataset: DatasetRow, request: SweepRequest, force: boolean): void {
  const isSame = earlier.datasetId === dataset.id && isDeepStrictEqual(earlier.request, request);
  if (!isSame || force) throw nameTaken(earlier.name);
}

function nameTaken(name: string, cause?: unknown): GelqlError {
  const message = `There is a sweep named "${name}" already, with another grid or data set; the same one goes on without force.`;
  return new GelqlError('CONFLICT', message, { cause });
}

/** The parts of the grid without a run, or with one that failed or was cancelled. */
async function withoutDone(scope: DatabaseScope, sweep: SweepRow, parts: GridPart[]): Promise<GridPart[]> {
  const runs = await listPartRuns(scope, sweep.id);
  const going = runs.filter(({ run }) => run.state === 'SUCCEEDED' || !hasEnded(run));
  const numbers = new Set(going.map(({ part }) => part.number));
  return parts.filter(({ number }) => !numbers.has(number));
}

async function checkPart(
  services: StartTrainingServices,
  pictures: TrainingPictures,
  { number, configuration: open }: GridPart,
): Promise<CheckedPart> {
  const configuration = await settleDevice(services, open);
  const part = { number, configuration };
  try {
    return { ...part, planned: await checkConfiguration(services, pictures, configuration) };
  } catch (error) {
    if (!(error instanceof GelqlError) || !REFUSALS.includes(error.code)) throw error;
    return { ...part, refusal: serializeError(error) };
  }
}

async function storePart(
  scope: DatabaseScope,
  services: StartTrainingServices,
  sweep: SweepRow,
  part: CheckedPart,
  force: boolean,
): Promise<SweepPartRow> {
  const { number, configuration } = part;
  const row = { sweepId: sweep.id, number, configuration };
  if ('refusal' in part) return { ...row, runId: null, isReused: false, refusal: part.refusal };
  const { run, isReused } = await queueTraining(scope, services, part.planned, { force });
  return { ...row, runId: run.id, isReused, refusal: null };
}
