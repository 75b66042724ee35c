import { GelqlError } from '../../errors.js';
import type { Tensor, TensorMap } from '../../words/architecture.js';
import { BYTES_PER_NUMBER, decodeToFloat32, encodeFloat32, type NumberFormat } from './number-formats.js';

/**
 * The safetensors container: u64 header size, JSON header `{name: {dtype, shape, data_offsets}}`, then the raw values.
 * Everything is checked before a number is read; whatever does not add up is WEIGHTS_INVALID with the reason.
 */
const FORMATS: ReadonlyMap<unknown, NumberFormat> = new Map([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F64', 'float64'],
  ['I64', 'int64'],
  ['U8', 'uint8'],
]);

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
const ALIGNMENT_BYTES = 8;
const MAX_HEADER_BYTES = 8 * 1024 * 1024;
const MAX_TENSORS = 5000;
const MAX_NAME_LENGTH = 256;
const MAX_RANK = 8;

const WRITTEN = { F32: 'float32', F16: 'float16', U8: 'uint8' } as const;
type WrittenDtype = keyof typeof WRITTEN;

export interface WriteOptions {
  metadata: Record<string, string>;
  dtype: 'F32' | 'F16';
  /** Names of tensors that hold whole numbers from 0 to 255, which are written as U8. */
  bytes?: ReadonlySet<string>;
}

export interface SafetensorsFile {
  tensors: TensorMap;
  metadata: Record<string, string>;
}

interface Entry {
  name: string;
  format: NumberFormat;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Reads F32, F16, BF16, F64 and U8 tensors as float32; I64 tensors (BatchNorm's `num_batches_tracked`) are checked and
 * left out. The result owns its memory.
 * @throws GelqlError WEIGHTS_INVALID
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerBytes = readHeaderSize(bytes);
  const values = bytes.subarray(LENGTH_BYTES + headerBytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes));
  const metadata = readMetadata(header[METADATA]);
  const names = Object.keys(header).filter((name) => name !== METADATA);
  if (names.length > MAX_TENSORS) throw invalid(`it names ${names.length} tensors, more than ${MAX_TENSORS}`);
  const entries = names.map((name) => readEntry(name, header[name]));
  checkLayout(entries, values.byteLength);
  const tensors: TensorMap = new Map();
  for (const { name, format, shape, begin, end } of entries) {
    if (format === 'int64') continue;
    tensors.set(name, { shape, data: decodeToFloat32(values.subarray(begin, end), format) });
  }
  return { tensors, metadata };
}

function readHeaderSize(bytes: Uint8Array): number {
  if (bytes.byteLength < LENGTH_BYTES + 2) throw invalid('it is too short for a safetensors file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const size = Number(view.getBigUint64(0, true));
  if (size > MAX_HEADER_BYTES || size < 2) throw invalid(`its header claims ${size} bytes`);
  if (LENGTH_BYTES + size > bytes.byteLength) throw invalid('it ends inside its header');
  return size;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isRecord(header)) return header;
  } catch (cause) {
    throw invalid('its header is not JSON', cause);
  }
  throw invalid('its header is not a JSON object');
}

function readMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw invalid('its __metadata__ is not an object of strings');
  const pairs = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw invalid(`its __metadata__.${key} is not a string`);
    return [key, text];
  });
  return Object.fromEntries(pairs);
}

function readEntry(name: string, value: unknown): Entry {
  if (!isUsableName(name)) throw invalid(`a tensor name is empty, too long or has control characters`);
  if (!isRecord(value)) throw invalid(`its entry of ${name} is not an object`);
  const format = FORMATS.get(value.dtype);
  if (format === undefined) throw invalid(`${name} has dtype ${JSON.stringify(value.dtype)}`);
  const { shape, data_offsets: offsets } = value;
  if (!isSizeList(shape) || shape.length > MAX_RANK) throw invalid(`${name} has no usable shape`);
  if (!isSizeList(offsets)) throw invalid(`${name} has no usable data_offsets`);
  const [begin, end, ...surplus] = offsets;
  if (begin === undefined || end === undefined || surplus.length > 0 || end < begin) {
    throw invalid(`${name} has no usable data_offsets`);
  }
  const sizeBytes = shape.reduce((product, side) => product * side, BYTES_PER_NUMBER[format]);
  if (sizeBytes !== end - begin) {
    throw invalid(`${name} of shape [${shape.join(', ')}] needs ${sizeBytes} bytes and has ${end - begin}`);
  }
  return { name, format, shape, begin, end };
}

/** The tensors fill the data from the first byte to the last, without a gap and without an overlap. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of inOrder) {
    if (begin !== position) throw invalid(`${name} begins at ${begin} where ${position} is expected`);
    position = end;
  }
  if (position !== dataBytes) throw invalid(`its tensors take ${position} bytes of ${dataBytes}`);
}

/**
 * The same tensors give the same bytes: names sorted by code unit, header padded with spaces so that the values begin
 * at a multiple of 8.
 * @throws GelqlError WEIGHTS_INVALID for a name or size that `readSafetensors` would refuse, or a number that
 * its dtype cannot hold
 */
export function writeSafetensors(tensors: TensorMap, options: WriteOptions): Uint8Array {
  return concatenate([...safetensorsParts(tensors, options)]);
}

/** The file of `writeSafetensors` in pieces, for writing large files without holding them twice. */
export function* safetensorsParts(
  tensors: TensorMap,
  { metadata, dtype, bytes }: WriteOptions,
): Generator<Uint8Array> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const dtypeOf = (name: string): WrittenDtype => (bytes?.has(name) === true ? 'U8' : dtype);
  yield encodeHeader(sorted, metadata, dtypeOf);
  for (const [name, tensor] of sorted) {
    checkRange(name, tensor.data, dtypeOf(name));
    yield encodeFloat32(tensor.data, WRITTEN[dtypeOf(name)]);
  }
}

function encodeHeader(
  sorted: readonly [string, Tensor][],
  metadata: Record<string, string>,
  dtypeOf: (name: string) => WrittenDtype,
): Uint8Array {
  const header: [string, unknown][] = [[METADATA, metadata]];
  let position = 0;
  for (const [name, { shape, data }] of sorted) {
    const dtype = dtypeOf(name);
    const end = position + data.length * BYTES_PER_NUMBER[WRITTEN[dtype]];
    header.push([name, { dtype, shape, data_offsets: [position, end] }]);
    if (!isUsableName(name) || shape.reduce((product, side) => product * side, 1) !== data.length) {
      throw invalid(`${name} of shape [${shape.join(', ')}] cannot be written`);
    }
    position = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.byteLength / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

function checkRange(name: string, data: Float32Array, dtype: WrittenDtype): void {
  const isHeld: Record<WrittenDtype, (value: number) => boolean> = {
    F32: () => true,
    F16: (value) => !(Math.abs(value) >= 65520),
    U8: (value) => Number.isInteger(value) && value >= 0 && value <= 255,
  };
  const misfit = data.find((value) => !isHeld[dtype](value));
  if (misfit !== undefined) throw invalid(`${name} holds ${misfit}, beyond ${WRITTEN[dtype]}`);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.byteLength;
  }
  return bytes;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function isUsableName(name: string): boolean {
  return name !== METADATA && name.length > 0 && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name);
}

function invalid(reason: string, cause?: unknown): GelqlError {
  return new GelqlError('WEIGHTS_INVALID', `Not a usable safetensors file: ${reason}.`, { cause });
}
