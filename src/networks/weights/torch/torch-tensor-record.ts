import { GelqlError } from '../../../errors.js';
import { BYTES_PER_NUMBER, type NumberFormat } from '../number-formats.js';
import { describeValue, isKind, type PickleGlobal, type PickleValue } from './pickle-values.js';

/** What a state_dict's pickle may name: torch.save writes exactly these for tensors. */
export const STORAGE_FORMATS: Readonly<Record<string, NumberFormat>> = {
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.DoubleStorage': 'float64',
  'torch.LongStorage': 'int64',
};
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor';
const REBUILD_TENSOR_2 = 'torch._utils._rebuild_tensor_v2';

export const CHECKPOINT_GLOBALS: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  REBUILD_PARAMETER,
  REBUILD_TENSOR,
  REBUILD_TENSOR_2,
  ...Object.keys(STORAGE_FORMATS),
]);

const MAX_RANK = 8;

/** A pickle's value and its storages by key. */
export interface CheckpointContent {
  value: PickleValue;
  storages: ReadonlyMap<string, Uint8Array>;
}

/** A tensor as the pickle describes it: a strided view of a storage. Counts are in numbers, not bytes. */
export interface TensorRecord {
  storageKey: string;
  storageCount: number;
  format: NumberFormat;
  offset: number;
  shape: readonly number[];
  stride: readonly number[];
}

export function isTensorCall(value: PickleValue | undefined): boolean {
  return isKind(value, 'call');
}

/**
 * Parses `_rebuild_tensor`, `_rebuild_tensor_v2` or a `_rebuild_parameter` around one of them.
 * @throws GelqlError WEIGHTS_INVALID naming `name` when arguments are odd or the view leaves its storage
 */
export function parseTensor(name: string, value: PickleValue | undefined): TensorRecord {
  if (!isKind(value, 'call')) throw invalid(name, `is ${describeValue(value)}, not a tensor`);
  if (value.name === REBUILD_PARAMETER) {
    const [inner] = value.items;
    if (isKind(inner, 'call') && inner.name === REBUILD_PARAMETER) throw invalid(name, 'is wrapped twice');
    return parseTensor(name, inner);
  }
  if (value.name !== REBUILD_TENSOR && value.name !== REBUILD_TENSOR_2) {
    throw invalid(name, `is built by ${value.name}`);
  }
  const [storage, offset, shape, stride] = value.items;
  const record = {
    ...parseStorage(name, storage),
    offset: parseCount(name, 'offset', offset),
    shape: parseCounts(name, 'shape', shape),
    stride: parseCounts(name, 'stride', stride),
  };
  checkView(name, record);
  return record;
}

function parseStorage(name: string, value: PickleValue | undefined) {
  if (!isKind(value, 'persistent')) throw invalid(name, 'has no storage');
  const [, type, key, , count, view] = value.items;
  const format = isKind(type, 'global') ? formatOf(type) : undefined;
  if (format === undefined) throw invalid(name, `has a storage of ${describeValue(type)}`);
  if (typeof key !== 'string' || key.length === 0) throw invalid(name, 'has a storage without a key');
  if (view !== undefined && view !== null) throw invalid(name, 'has a storage that is a view of another');
  return { format, storageKey: key, storageCount: parseCount(name, 'storage size', count) };
}

function formatOf(type: PickleGlobal): NumberFormat | undefined {
  return Object.hasOwn(STORAGE_FORMATS, type.name) ? STORAGE_FORMATS[type.name] : undefined;
}

function parseCounts(name: string, what: string, value: PickleValue | undefined): number[] {
  if (!isKind(value, 'tuple') || value.items.length > MAX_RANK) throw invalid(name, `has no usable ${what}`);
  return value.items.map((item) => parseCount(name, what, item));
}

function parseCount(name: string, what: string, value: PickleValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(name, `has no usable ${what}`);
  }
  return value;
}

/** The view stays inside its storage and is not larger than it: a stride of 0 could make gigabytes of one number. */
function checkView(name: string, { shape, stride, offset, storageCount }: TensorRecord): void {
  if (shape.length !== stride.length) throw invalid(name, 'has a stride for other dimensions than its own');
  const count = countOf(shape);
  const extent = shape.reduce((reach, side, axis) => reach + (side - 1) * (stride[axis] ?? 0), 1);
  if (count > storageCount || (count > 0 && offset + extent > storageCount)) {
    throw invalid(name, `reaches past its storage of ${storageCount} numbers`);
  }
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * The numbers of a view as packed bytes in row-major order.
 * @param storage the whole storage, `storageCount` numbers
 */
export function gatherBytes(storage: Uint8Array, record: TensorRecord): Uint8Array {
  const itemBytes = BYTES_PER_NUMBER[record.format];
  const count = countOf(record.shape);
  if (isContiguous(record)) {
    return storage.subarray(record.offset * itemBytes, (record.offset + count) * itemBytes);
  }
  const packed = new Uint8Array(count * itemBytes);
  const index = record.shape.map(() => 0);
  for (let at = 0; at < count; at += 1) {
    const source = index.reduce((sum, i, axis) => sum + i * (record.stride[axis] ?? 0), record.offset);
    packed.set(storage.subarray(source * itemBytes, (source + 1) * itemBytes), at * itemBytes);
    advance(index, record.shape);
  }
  return packed;
}

/** Counts `index` up by one, the last axis fastest. */
function advance(index: number[], shape: readonly number[]): void {
  for (let axis = index.length - 1; axis >= 0; axis -= 1) {
    const next = (index[axis] ?? 0) + 1;
    if (next < (shape[axis] ?? 0)) {
      index[axis] = next;
      return;
    }
    index[axis] = 0;
  }
}

/** Row-major without holes; axes of one element may have any stride. */
function isContiguous({ shape, stride }: TensorRecord): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const side = shape[axis] ?? 0;
    if (side !== 1 && stride[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}

function invalid(name: string, reason: string): GelqlError {
  return new GelqlError('WEIGHTS_INVALID', `Not a usable checkpoint: ${name} ${reason}.`);
}
