import { createHash } from 'node:crypto';

/** `gelqlft1`, read as text so that a wrong file is told at once. */
const MAGIC = Buffer.from('gelqlft1', 'latin1');
const DIGEST_BYTES = 32;
const HEADER_BYTES = MAGIC.length + DIGEST_BYTES;

/**
 * The content of one cache file: magic, SHA-256 over byte order, key and values, then the values as float32 in this
 * machine's byte order.
 * @param features any number of values above 0
 */
export function writeFeatureFile(key: string, features: Float32Array): Buffer {
  const values = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
  return Buffer.concat([MAGIC, digestOf(key, values), values]);
}

/** @returns the values, or null where the file is torn, damaged, or belongs to another key or kind of machine */
export function readFeatureFile(key: string, bytes: Buffer): Float32Array | null {
  const valueBytes = bytes.length - HEADER_BYTES;
  if (valueBytes <= 0 || valueBytes % Float32Array.BYTES_PER_ELEMENT !== 0) return null;
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const values = bytes.subarray(HEADER_BYTES);
  if (!bytes.subarray(MAGIC.length, HEADER_BYTES).equals(digestOf(key, values))) return null;
  const features = new Float32Array(valueBytes / Float32Array.BYTES_PER_ELEMENT);
  Buffer.from(features.buffer).set(values);
  return features;
}

/** The number 1 as this machine stores it goes first: a file from a machine of the other byte order has another digest. */
function digestOf(key: string, values: Uint8Array): Buffer {
  const byteOrder = new Uint8Array(Uint16Array.of(1).buffer);
  return createHash('sha256').update(byteOrder).update(key).update(values).digest();
}
