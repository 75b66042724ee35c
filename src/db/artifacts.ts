import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { asc, eq, inArray } from 'drizzle-orm';
import type { DatabaseScope } from './database.js';
import { chunksInTurn } from './chunks.js';
import { artifactChunks, artifacts } from './schema.js';
import { GelqlError } from '../errors.js';

type ArtifactKind = (typeof artifacts.$inferSelect)['kind'];

/** What can have more bytes than a value of the database, or than a driver sends at once: VGG16's weights have 550 MB. */
const CHUNKED: ReadonlySet<ArtifactKind> = new Set(['tuned-weights']);

/** Parts of models. What is registered with them could not answer where they are there already, but altered. */
const VERIFIED: ReadonlySet<ArtifactKind> = new Set(['head', 'tuned-weights']);

/**
 * Stores bytes under their SHA-256; what is there already stays.
 * @returns the SHA-256, hex
 * @throws GelqlError MODEL_CORRUPT where a part of a model is there already and has been altered
 */
export async function storeArtifact(
  scope: DatabaseScope,
  kind: ArtifactKind,
  bytes: Uint8Array,
): Promise<string> {
  const sha256 = hash(bytes);
  const isChunked = CHUNKED.has(kind);
  let isNew: boolean;
  const row = { sha256, kind, sizeBytes: bytes.length, bytes: isChunked ? new Uint8Array() : bytes };
  try {
    isNew = isChunked ? await storeChunked(scope, row, bytes) : await insertRow(scope, row);
  } catch (error) {
    // Drizzle's own error spells out the values: megabytes of text for a picture. What the database said is its cause.
    const cause = error instanceof Error ? error.cause : error;
    throw new Error(`The ${kind} ${sha256} (${bytes.length} bytes) could not be stored.`, { cause });
  }
  if (!isNew && VERIFIED.has(kind)) await loadArtifact(scope, sha256);
  return sha256;
}

/** @returns whether it was not there yet */
async function insertRow(
  { drizzle }: Pick<DatabaseScope, 'drizzle'>,
  row: typeof artifacts.$inferInsert,
): Promise<boolean> {
  const inserted = await drizzle
    .insert(artifacts)
    .values(row)
    .onConflictDoNothing()
    .returning({ sha256: artifacts.sha256 });
  return inserted.length > 0;
}

/** Row and chunks appear together. @returns whether they were not there yet */
async function storeChunked(
  scope: DatabaseScope,
  row: typeof artifacts.$inferInsert,
  bytes: Uint8Array,
): Promise<boolean> {
  return scope.transaction(async ({ drizzle }) => {
    if (!(await insertRow({ drizzle }, row))) return false;
    for await (const { position, chunk } of chunksInTurn(bytes)) {
      await drizzle.insert(artifactChunks).values({ sha256: row.sha256, position, bytes: chunk });
    }
    return true;
  });
}

/** @throws GelqlError MODEL_CORRUPT where the bytes are gone or are not those that the digest names */
export async function loadArtifact(scope: DatabaseScope, sha256: string): Promise<Uint8Array> {
  const [row] = await scope.drizzle
    .select({ kind: artifacts.kind, bytes: artifacts.bytes })
    .from(artifacts)
    .where(eq(artifacts.sha256, sha256));
  if (row === undefined)
    throw new GelqlError('MODEL_CORRUPT', `The artifact ${sha256} is not in the database.`);
  const bytes = CHUNKED.has(row.kind) ? await loadChunks(scope, sha256) : row.bytes;
  if (hash(bytes) !== sha256)
    throw new GelqlError('MODEL_CORRUPT', `The artifact ${sha256} has been altered.`);
  return bytes;
}

async function loadChunks({ drizzle }: DatabaseScope, sha256: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const isPart = eq(artifactChunks.sha256, sha256);
  const count = await drizzle.$count(artifactChunks, isPart);
  // One at a time: what a driver holds of an answer is a multiple of its bytes.
  for (let position = 0; position < count; position += 1) {
    const [chunk] = await drizzle
      .select({ bytes: artifactChunks.bytes })
      .from(artifactChunks)
      .where(isPart)
      .orderBy(asc(artifactChunks.position))
      .offset(position)
      .limit(1);
    if (chunk !== undefined) chunks.push(chunk.bytes);
    // As when they were stored: chunks.ts says why.
    await setImmediate();
  }
  return Buffer.concat(chunks);
}

/** Whether the bytes of each digest are stored; one statement, without the bytes. */
export async function areStored(scope: DatabaseScope, digests: readonly string[]): Promise<boolean[]> {
  const rows = await scope.drizzle
    .select({ sha256: artifacts.sha256 })
    .from(artifacts)
    .where(inArray(artifacts.sha256, [...digests]));
  const stored = new Set(rows.map(({ sha256 }) => sha256));
  return digests.map((sha256) => stored.has(sha256));
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
