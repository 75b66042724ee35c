import { GelqlError } from '../../../errors.js';
import { crc32 } from './crc32.js';
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  FLAG_UTF8,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  MAX_32,
} from './zip-layout.js';

const ALIGNMENT_BYTES = 64;
/** `FB`, the extra field with which torch.save pads local headers. */
const PADDING_EXTRA = 0x4246;

interface EntryHeader {
  name: Uint8Array;
  crc: number;
  sizeBytes: number;
}

/**
 * Stores entries as torch.save does: data aligned to 64 bytes through an `FB` extra field, so that a reader can map it.
 * Deterministic: no dates.
 * @throws GelqlError WEIGHTS_INVALID past 4 GB
 */
export function writeZip(entries: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let position = 0;
  const append = (part: Uint8Array): void => {
    parts.push(part);
    position += part.byteLength;
  };
  for (const { name, bytes } of entries) {
    const header = { name: new TextEncoder().encode(name), crc: crc32(bytes), sizeBytes: bytes.byteLength };
    central.push(encodeCentral(header, position));
    append(encodeLocal(header, position));
    append(bytes);
  }
  const directoryOffset = position;
  central.forEach(append);
  append(encodeEnd(entries.length, position - directoryOffset, directoryOffset));
  if (position > MAX_32) throw new GelqlError('WEIGHTS_INVALID', 'The checkpoint would be larger than 4 GB.');
  return new Uint8Array(Buffer.concat(parts));
}

function encodeLocal({ name, crc, sizeBytes }: EntryHeader, position: number): Uint8Array {
  const unpadded = LOCAL_BYTES + name.byteLength + 4;
  const padding = (ALIGNMENT_BYTES - ((position + unpadded) % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  const bytes = new Uint8Array(unpadded + padding);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, LOCAL_SIGNATURE, true);
  view.setUint16(6, FLAG_UTF8, true);
  view.setUint32(14, crc, true);
  view.setUint32(18, sizeBytes, true);
  view.setUint32(22, sizeBytes, true);
  view.setUint16(26, name.byteLength, true);
  view.setUint16(28, 4 + padding, true);
  bytes.set(name, LOCAL_BYTES);
  view.setUint16(LOCAL_BYTES + name.byteLength, PADDING_EXTRA, true);
  view.setUint16(LOCAL_BYTES + name.byteLength + 2, padding, true);
  return bytes;
}

function encodeCentral({ name, crc, sizeBytes }: EntryHeader, localOffset: number): Uint8Array {
  const bytes = new Uint8Array(CENTRAL_BYTES + name.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CENTRAL_SIGNATURE, true);
  view.setUint16(8, FLAG_UTF8, true);
  view.setUint32(16, crc, true);
  view.setUint32(20, sizeBytes, true);
  view.setUint32(24, sizeBytes, true);
  view.setUint16(28, name.byteLength, true);
  view.setUint32(42, localOffset, true);
  bytes.set(name, CENTRAL_BYTES);
  return bytes;
}

function encodeEnd(entries: number, sizeBytes: number, offset: number): Uint8Array {
  const bytes = new Uint8Array(END_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, END_SIGNATURE, true);
  view.setUint16(8, entries, true);
  view.setUint16(10, entries, true);
  view.setUint32(12, sizeBytes, true);
  view.setUint32(16, offset, true);
  return bytes;
}
