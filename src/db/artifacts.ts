import { createHash } from 'node:crypto';
import { eq, inArray } from 'drizzle-orm';
import type { DatabaseScope } from './database.js';
import { artifacts } from './schema.js';
import { GelqlError } from '../errors.js';

type ArtifactKind = (typeof artifacts.$inferSelect)['kind'];

/** Stores bytes under their SHA-256; what is there already stays. @returns the SHA-256, hex */
export async function storeArtifact(
  scope: DatabaseScope,
  kind: ArtifactKind,
  bytes: Uint8Array,
): Promise<string> {
  const sha256 = hash(bytes);
  try {
    await scope.drizzle
      .insert(artifacts)
      .values({ sha256, kind, sizeBytes: bytes.length, bytes })
      .onConflictDoNothing();
  } catch (error) {
    // Drizzle's own error spells out the values: megabytes of text for a picture. What the database said is its cause.
    const cause = error instanceof Error ? error.cause : error;
    throw new Error(`The ${kind} ${sha256} (${bytes.length} bytes) could not be stored.`, { cause });
  }
  return sha256;
}

/** @throws GelqlError MODEL_CORRUPT where the bytes are gone or are not those that the digest names */
export async function loadArtifact(scope: DatabaseScope, sha256: string): Promise<Uint8Array> {
  const [row] = await scope.drizzle
    .select({ bytes: artifacts.bytes })
    .from(artifacts)
    .where(eq(artifacts.sha256, sha256));
  if (row === undefined)
    throw new GelqlError('MODEL_CORRUPT', `The artifact ${sha256} is not in the database.`);
  if (hash(row.bytes) !== sha256)
    throw new GelqlError('MODEL_CORRUPT', `The artifact ${sha256} has been altered.`);
  return row.bytes;
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
