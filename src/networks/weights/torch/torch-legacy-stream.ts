import { readPickle } from './pickle.js';
import { invalidPickle } from './pickle-errors.js';
import { isKind, type PickleValue } from './pickle-values.js';
import { BYTES_PER_NUMBER } from '../number-formats.js';
import { type CheckpointContent, CHECKPOINT_GLOBALS, STORAGE_FORMATS } from './torch-tensor-record.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
const COUNT_BYTES = 8;
const NO_GLOBALS: ReadonlySet<string> = new Set();

/**
 * The layout before torch 1.6: pickles of magic number, protocol version, system facts, object and storage keys, then
 * for each key an int64 count and that many raw numbers.
 * @throws GelqlError WEIGHTS_INVALID, WEIGHTS_UNSAFE
 */
export function readLegacyStream(bytes: Uint8Array): CheckpointContent {
  const magic = readPickle(bytes, 0, NO_GLOBALS);
  if (magic.value !== MAGIC) throw invalidPickle('it is a pickle, but not one of torch.save');
  const version = readPickle(bytes, magic.end, NO_GLOBALS);
  if (version.value !== PROTOCOL_VERSION)
    throw invalidPickle('it is of another version of the legacy layout');
  const system = readPickle(bytes, version.end, NO_GLOBALS);
  if (!isLittleEndian(system.value)) throw invalidPickle('its numbers are not little-endian');
  const content = readPickle(bytes, system.end, CHECKPOINT_GLOBALS);
  const keys = readPickle(bytes, content.end, NO_GLOBALS);
  const itemBytes = new Map<string, number>();
  collectStorages(content.value, itemBytes);
  return { value: content.value, storages: readStorages(bytes, keys.end, keys.value, itemBytes) };
}

function isLittleEndian(value: PickleValue): boolean {
  if (!isKind(value, 'dictionary')) return false;
  return value.entries.some(([key, entry]) => key === 'little_endian' && entry === true);
}

/** Finds the size of a number for each storage key: the stream gives counts, and only the pickle says of what. */
function collectStorages(value: PickleValue, itemBytes: Map<string, number>): void {
  const seen = new Set<object>();
  const open: PickleValue[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || typeof next !== 'object' || next.kind === 'global' || seen.has(next)) continue;
    seen.add(next);
    if (next.kind === 'persistent') recordStorage(next.items, itemBytes);
    else if (next.kind === 'dictionary') for (const [, entry] of next.entries) open.push(entry);
    else for (const item of next.items) open.push(item);
  }
}

function recordStorage(items: readonly PickleValue[], itemBytes: Map<string, number>): void {
  const [, type, key] = items;
  const format = isKind(type, 'global') ? STORAGE_FORMATS[type.name] : undefined;
  if (format === undefined || typeof key !== 'string') throw invalidPickle('a storage has no type or key');
  const size = BYTES_PER_NUMBER[format];
  if ((itemBytes.get(key) ?? size) !== size) throw invalidPickle(`the storage ${key} has two types`);
  itemBytes.set(key, size);
}

function readStorages(
  bytes: Uint8Array,
  start: number,
  keys: PickleValue,
  itemBytes: ReadonlyMap<string, number>,
): Map<string, Uint8Array> {
  if (!isKind(keys, 'list')) throw invalidPickle('its list of storages is missing');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, Uint8Array>();
  let position = start;
  for (const key of keys.items) {
    const size = typeof key === 'string' ? itemBytes.get(key) : undefined;
    if (typeof key !== 'string' || size === undefined)
      throw invalidPickle('it lists a storage that no tensor uses');
    if (storages.has(key)) throw invalidPickle(`it lists the storage ${key} twice`);
    if (position + COUNT_BYTES > bytes.byteLength) throw invalidPickle('it is cut off between its storages');
    const begin = position + COUNT_BYTES;
    const end = begin + Number(view.getBigInt64(position, true)) * size;
    if (end < begin || end > bytes.byteLength) throw invalidPickle(`the storage ${key} is cut off`);
    storages.set(key, bytes.subarray(begin, end));
    position = end;
  }
  if (position !== bytes.byteLength) throw invalidPickle('it goes on behind its last storage');
  return storages;
}
