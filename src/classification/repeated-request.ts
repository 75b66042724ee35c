import { createHash, webcrypto } from 'node:crypto';
import type { DatabaseScope } from '../db/client.js';
import { violatedUniqueIndex } from '../db/sql-error.js';
import { GelqlError } from '../errors.js';
import { findClassificationsByKey, type ClassificationRow } from '../receipts/classifications.js';
import type { PictureFile } from '../serving/picture-passes.js';
import type { RequestNote } from './request-note.js';

/** A request with a key, by what it asks: the same key with another fingerprint is a conflict. */
export interface KeyedRequest {
  key: string;
  pictureSha256: string;
  /** SHA-256, hex, over picture, page and the models as they were named. */
  fingerprint: string;
}

/** @returns null for a request without a key */
export async function keyedRequest(
  { bytes, page }: Pick<PictureFile, 'bytes' | 'page'>,
  { idempotencyKey: key, asked }: RequestNote,
): Promise<KeyedRequest | null> {
  if (key === null) return null;
  // Off the main thread, unlike createHash: 25 MB take tens of milliseconds.
  const digest = await webcrypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  const pictureSha256 = Buffer.from(digest).toString('hex');
  const canonical = JSON.stringify(['gelql-request/1', pictureSha256, page, asked]);
  return { key, pictureSha256, fingerprint: createHash('sha256').update(canonical).digest('hex') };
}

/**
 * The answers that were given to the request before, in their order; null where it is new.
 * @throws GelqlError IDEMPOTENCY_CONFLICT where the key belongs to another request
 */
export async function findRepeated(
  scope: DatabaseScope,
  { key, pictureSha256, fingerprint }: KeyedRequest,
): Promise<ClassificationRow[] | null> {
  const rows = await findClassificationsByKey(scope, key);
  const [first] = rows;
  if (first === undefined) return null;
  if (first.requestFingerprint === fingerprint) return rows;
  const what = first.pictureSha256 === pictureSha256 ? 'another page or other models' : 'another picture';
  throw new GelqlError('IDEMPOTENCY_CONFLICT', `The idempotency key was used for ${what}.`, {
    facts: { idempotencyKey: key, answeredAt: first.createdAt.toISOString() },
  });
}

/** Whether the same key was stored meanwhile, by this server or by another one. */
export function isKeyTaken(error: unknown): boolean {
  return violatedUniqueIndex(error) === 'classifications_idempotency';
}
