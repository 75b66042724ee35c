import { GelqlError } from '../../../errors.js';
import { crc32 } from './crc32.js';
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  MAX_32,
} from './zip-layout.js';

/**
 * The part of the zip format that torch.save writes: stored entries, data descriptors, zip64 records in small files too.
 * Sizes come from the central directory because local headers may hold zeros; nothing is ever inflated.
 */
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_ENTRIES = 10_000;
const ZIP64_EXTRA = 1;
const STORED = 0;
const FLAG_ENCRYPTED = 1;

interface CentralEntry {
  name: string;
  sizeBytes: number;
  crc: number;
  localOffset: number;
}

interface CentralDirectory {
  offset: number;
  sizeBytes: number;
  entries: number;
}

/**
 * Entry name -> its bytes, as views of `bytes`. Every CRC is checked.
 * @throws GelqlError WEIGHTS_INVALID for damaged, compressed, encrypted, overlapping or repeated entries
 */
export function readZip(bytes: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = findDirectory(view);
  const contents = new Map<string, Uint8Array>();
  let position = 0;
  for (const entry of inFileOrder(readDirectory(view, bytes, directory))) {
    if (contents.has(entry.name)) throw invalid(`the entry ${entry.name} occurs twice`);
    if (entry.localOffset < position) throw invalid(`the entry ${entry.name} overlaps another`);
    const begin = findData(view, entry, directory.offset);
    position = begin + entry.sizeBytes;
    const data = bytes.subarray(begin, position);
    if (crc32(data) !== entry.crc) throw invalid(`the checksum of ${entry.name} differs`);
    contents.set(entry.name, data);
  }
  return contents;
}

function inFileOrder(entries: readonly CentralEntry[]): CentralEntry[] {
  return [...entries].sort((a, b) => a.localOffset - b.localOffset);
}

function findDirectory(view: DataView): CentralDirectory {
  const end = findEnd(view);
  const directory = readEnd64(view, end) ?? {
    entries: view.getUint16(end + 10, true),
    sizeBytes: view.getUint32(end + 12, true),
    offset: view.getUint32(end + 16, true),
  };
  const { entries, sizeBytes, offset } = directory;
  if (entries > MAX_ENTRIES) throw invalid(`it has ${entries} entries, more than ${MAX_ENTRIES}`);
  if (offset + sizeBytes > end) throw invalid('its central directory lies outside the file');
  return directory;
}

function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at -= 1) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  throw invalid('its end record is missing: the file is cut off');
}

function readEnd64(view: DataView, end: number): CentralDirectory | null {
  const locator = end - LOCATOR64_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR64_SIGNATURE) return null;
  const record = readUint64(view, locator + 8);
  if (record + END64_BYTES > locator || view.getUint32(record, true) !== END64_SIGNATURE) {
    throw invalid('its zip64 end record is missing');
  }
  return {
    entries: readUint64(view, record + 32),
    sizeBytes: readUint64(view, record + 40),
    offset: readUint64(view, record + 48),
  };
}

function readDirectory(view: DataView, bytes: Uint8Array, directory: CentralDirectory): CentralEntry[] {
  const entries: CentralEntry[] = [];
  const end = directory.offset + directory.sizeBytes;
  let at = directory.offset;
  for (let i = 0; i < directory.entries; i += 1) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
      throw invalid('its central directory is damaged');
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > end) throw invalid('its central directory is damaged');
    entries.push(readCentralEntry(view, bytes, at, nameBytes, extraBytes));
    at = next;
  }
  return entries;
}

function readCentralEntry(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  nameBytes: number,
  extraBytes: number,
): CentralEntry {
  const nameAt = at + CENTRAL_BYTES;
  const name = new TextDecoder().decode(bytes.subarray(nameAt, nameAt + nameBytes));
  if ((view.getUint16(at + 8, true) & FLAG_ENCRYPTED) !== 0) throw invalid(`${name} is encrypted`);
  if (view.getUint16(at + 10, true) !== STORED) {
    throw invalid(`${name} is compressed, which torch.save never does`);
  }
  const wide = readZip64Extra(view, nameAt + nameBytes, extraBytes);
  const sizeBytes = widen(view.getUint32(at + 24, true), wide);
  const storedBytes = widen(view.getUint32(at + 20, true), wide);
  const localOffset = widen(view.getUint32(at + 42, true), wide);
  if (storedBytes !== sizeBytes) throw invalid(`${name} is stored in ${storedBytes} bytes of ${sizeBytes}`);
  return { name, sizeBytes, crc: view.getUint32(at + 16, true), localOffset };
}

/** The 64-bit values of the zip64 extra field, in order of their use: size, stored size, local offset. */
function readZip64Extra(view: DataView, begin: number, extraBytes: number): number[] {
  const end = begin + extraBytes;
  for (let at = begin; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64_EXTRA) continue;
    const fieldEnd = Math.min(end, at + 4 + view.getUint16(at + 2, true));
    const values: number[] = [];
    for (let value = at + 4; value + 8 <= fieldEnd; value += 8) values.push(readUint64(view, value));
    return values;
  }
  return [];
}

function widen(value: number, wide: number[]): number {
  if (value !== MAX_32) return value;
  const replacement = wide.shift();
  if (replacement === undefined) throw invalid('a zip64 size is missing');
  return replacement;
}

function findData(view: DataView, { name, localOffset, sizeBytes }: CentralEntry, limit: number): number {
  if (localOffset + LOCAL_BYTES > limit || view.getUint32(localOffset, true) !== LOCAL_SIGNATURE) {
    throw invalid(`the local header of ${name} is damaged`);
  }
  if (view.getUint16(localOffset + 8, true) !== STORED) throw invalid(`${name} is compressed`);
  const nameBytes = view.getUint16(localOffset + 26, true);
  const extraBytes = view.getUint16(localOffset + 28, true);
  const begin = localOffset + LOCAL_BYTES + nameBytes + extraBytes;
  if (begin + sizeBytes > limit) throw invalid(`${name} reaches past the end of the data`);
  return begin;
}

/** Values beyond 2^53 come out rounded; they are past the end of any file and are refused as such. */
function readUint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function invalid(reason: string): GelqlError {
  return new GelqlError('WEIGHTS_INVALID', `Not a usable checkpoint archive: ${reason}.`);
}
