import { and, eq, gt, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import type { EngineName } from '../../words/device.js';
import type { EpochProgress } from '../../words/run-event.js';
import { chunksInTurn } from '../../db/chunks.js';
import type { Database, DatabaseScope } from '../../db/client.js';
import { epochs, runCheckpoints } from '../../db/schema.js';
import type { CheckpointBytes, CheckpointKey } from './checkpoint-bytes.js';
import { appendEpochs, type RunClaim } from '../training-runs.js';

/** What a run was after an epoch. */
export interface RunCheckpoint {
  epoch: number;
  bytes: Uint8Array;
}

/** What a checkpoint was computed with; it holds for nothing else. */
export interface CheckpointOrigin {
  engine: EngineName;
  codeVersion: string;
}

/** Where checkpoints lie: the rows, and the bytes that they name. */
export interface CheckpointPlaces {
  database: Database;
  checkpoints: CheckpointBytes;
}

/**
 * Stores an epoch with what the next one follows from, instead of the checkpoint before. The bytes come first; epoch and
 * checkpoint appear together.
 * @param stageProgress 0..1
 * @throws GelqlError CANCELLED where the run is not running any more
 */
export async function storeCheckpoint(
  { database, checkpoints }: CheckpointPlaces,
  run: RunClaim,
  origin: CheckpointOrigin,
  { progress, bytes, stageProgress }: { progress: EpochProgress; bytes: Uint8Array; stageProgress: number },
): Promise<void> {
  const key = { runId: run.id, sha256: await hash(bytes) };
  try {
    await checkpoints.write(key, bytes);
    await database.transaction(async (transaction) => {
      await appendEpochs(transaction, run, [progress], { stage: 'TRAINING_NETWORK', stageProgress });
      const row = { epoch: progress.number, sha256: key.sha256, ...origin };
      await transaction.drizzle
        .insert(runCheckpoints)
        .values({ runId: key.runId, ...row })
        .onConflictDoUpdate({ target: runCheckpoints.runId, set: { ...row, createdAt: sql`now()` } });
    });
  } catch (error) {
    // The run may be another worker's meanwhile, which computes the same bits and may have stored them.
    if (!(await isCheckpoint(database, key))) await checkpoints.remove(key);
    throw error;
  }
  await checkpoints.keepOnly(key);
}

async function isCheckpoint({ drizzle }: DatabaseScope, { runId, sha256 }: CheckpointKey): Promise<boolean> {
  const isThis = and(eq(runCheckpoints.runId, runId), eq(runCheckpoints.sha256, sha256));
  return (await drizzle.$count(runCheckpoints, isThis)) > 0;
}

/**
 * Where a run that lost its worker goes on, with its epochs up to there; null where it begins: there is no checkpoint, it
 * was computed with something else, or it is damaged.
 */
export async function resumeRun(
  { database, checkpoints }: CheckpointPlaces,
  { id: runId }: RunClaim,
  origin: CheckpointOrigin,
): Promise<RunCheckpoint | null> {
  const { drizzle } = database;
  const [row] = await drizzle.select().from(runCheckpoints).where(eq(runCheckpoints.runId, runId));
  const isUsable =
    row !== undefined && row.engine === origin.engine && row.codeVersion === origin.codeVersion;
  const bytes = isUsable ? await checkpoints.read({ runId, sha256: row.sha256 }) : null;
  const isWhole = isUsable && bytes !== null && (await hash(bytes)) === row.sha256;
  const checkpoint = isWhole ? { epoch: row.epoch, bytes } : null;
  const isRepeated = and(eq(epochs.runId, runId), gt(epochs.number, checkpoint?.epoch ?? 0));
  await drizzle.delete(epochs).where(isRepeated);
  return checkpoint;
}

/** SHA-256, hex. In many turns of the event loop: a checkpoint has up to gigabytes. */
async function hash(bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256');
  for await (const { chunk } of chunksInTurn(bytes)) digest.update(chunk);
  return digest.digest('hex');
}
