import { and, asc, eq, gt, ne, notExists, sql } from 'drizzle-orm';
import { createHash } from 'node:crypto';
import type { EngineName } from '../compute/engines/engine.js';
import type { EpochProgress } from '../compute/protocol.js';
import { chunksOf } from '../db/chunks.js';
import type { DatabaseScope } from '../db/client.js';
import { epochs, runCheckpointChunks, runCheckpoints } from '../db/schema.js';
import { appendEpochs, type RunClaim } from './training-runs.js';

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

/**
 * Stores an epoch with what the next one follows from, instead of the checkpoint before. The chunks come first and one by
 * one, so that nobody waits for the database meanwhile; epoch and checkpoint appear together.
 * @param stageProgress 0..1
 * @throws GelqlError CANCELLED where the run is not running any more
 */
export async function storeCheckpoint(
  scope: DatabaseScope,
  run: RunClaim,
  origin: CheckpointOrigin,
  { progress, bytes, stageProgress }: { progress: EpochProgress; bytes: Uint8Array; stageProgress: number },
): Promise<void> {
  const { id: runId } = run;
  const sha256 = hash(bytes);
  for (const [position, chunk] of chunksOf(bytes).entries()) {
    const row = { runId, sha256, position, bytes: chunk };
    await scope.drizzle.insert(runCheckpointChunks).values(row).onConflictDoNothing();
  }
  const store = scope.transaction(async (transaction) => {
    await appendEpochs(transaction, run, [progress], { stage: 'TRAINING_NETWORK', stageProgress });
    const row = { epoch: progress.number, sha256, ...origin };
    await transaction.drizzle
      .insert(runCheckpoints)
      .values({ runId, ...row })
      .onConflictDoUpdate({ target: runCheckpoints.runId, set: { ...row, createdAt: sql`now()` } });
    const isOlder = and(eq(runCheckpointChunks.runId, runId), ne(runCheckpointChunks.sha256, sha256));
    await transaction.drizzle.delete(runCheckpointChunks).where(isOlder);
  });
  await store.catch(async (error: unknown) => {
    await dropUnused(scope, runId, sha256);
    throw error;
  });
}

/** What a worker had stored before it learned that the run is not its own any more. */
async function dropUnused({ drizzle }: DatabaseScope, runId: string, sha256: string): Promise<void> {
  const isCheckpoint = and(eq(runCheckpoints.runId, runId), eq(runCheckpoints.sha256, sha256));
  const checkpoint = drizzle.select().from(runCheckpoints).where(isCheckpoint);
  const isChunk = and(eq(runCheckpointChunks.runId, runId), eq(runCheckpointChunks.sha256, sha256));
  await drizzle.delete(runCheckpointChunks).where(and(isChunk, notExists(checkpoint)));
}

/**
 * Where a run that lost its worker goes on, with its epochs up to there; null where it begins: there is no checkpoint, it
 * was computed with something else, or it is damaged.
 */
export async function resumeRun(
  scope: DatabaseScope,
  { id: runId }: RunClaim,
  origin: CheckpointOrigin,
): Promise<RunCheckpoint | null> {
  const [row] = await scope.drizzle.select().from(runCheckpoints).where(eq(runCheckpoints.runId, runId));
  const isUsable =
    row !== undefined && row.engine === origin.engine && row.codeVersion === origin.codeVersion;
  const bytes = isUsable ? await loadChunks(scope, runId, row.sha256) : null;
  const checkpoint = isUsable && bytes !== null ? { epoch: row.epoch, bytes } : null;
  const isRepeated = and(eq(epochs.runId, runId), gt(epochs.number, checkpoint?.epoch ?? 0));
  await scope.drizzle.delete(epochs).where(isRepeated);
  return checkpoint;
}

/** @returns null where they are not what the digest names */
async function loadChunks(
  { drizzle }: DatabaseScope,
  runId: string,
  sha256: string,
): Promise<Uint8Array | null> {
  const isPart = and(eq(runCheckpointChunks.runId, runId), eq(runCheckpointChunks.sha256, sha256));
  const positions = await drizzle
    .select({ position: runCheckpointChunks.position })
    .from(runCheckpointChunks)
    .where(isPart)
    .orderBy(asc(runCheckpointChunks.position));
  const chunks: Uint8Array[] = [];
  for (const { position } of positions) {
    const [chunk] = await drizzle
      .select({ bytes: runCheckpointChunks.bytes })
      .from(runCheckpointChunks)
      .where(and(isPart, eq(runCheckpointChunks.position, position)));
    if (chunk !== undefined) chunks.push(chunk.bytes);
  }
  const bytes = Buffer.concat(chunks);
  return hash(bytes) === sha256 ? bytes : null;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
