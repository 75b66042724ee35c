import { GelqlError } from '../../../errors.js';
import type { TensorMap } from '../../../words/architecture.js';
import { invalidPickle } from './pickle-errors.js';
import { describeValue, isKind, type PickleDictionary, type PickleValue } from './pickle-values.js';
import { BYTES_PER_NUMBER, decodeToFloat32, decodeToFloat64, type NumberFormat } from '../number-formats.js';
import { readArchive } from './torch-archive.js';
import { readLegacyStream } from './torch-legacy-stream.js';
import {
  countOf,
  gatherBytes,
  isTensorCall,
  parseTensor,
  type CheckpointContent,
  type TensorRecord,
} from './torch-tensor-record.js';

/**
 * A reader of what torch.save writes, in both of its layouts, that cannot run anything: the pickle becomes inert values
 * (pickle.ts), of which only tensors in dictionaries are taken.
 *
 *     bytes -> sniff -> zip archive | legacy stream -> {pickle value, storages} -> state_dict -> tensors
 */
export interface TorchTensor {
  format: NumberFormat;
  shape: readonly number[];
  /** float64 for `float64` and `int64` (rounded beyond 2^53), float32 for the others. */
  data: Float32Array | Float64Array;
}

const MAX_FILE_BYTES = 700 * 1024 * 1024;
const MAX_TENSORS = 5000;
/** Tensors may share storages; more than this many times the file's size is not sharing but an attack. */
const MAX_GROWTH = 8;
const MAX_WRAPPERS = 4;
/** Where training scripts keep the state_dict beside epoch and optimiser. */
const WRAPPER_KEYS = ['state_dict', 'model_state_dict', 'model', 'net', 'network', 'weights'];
const TAR_BLOCK_BYTES = 10_240;

/**
 * Every tensor of the state_dict in its own format, row-major. Strided views are gathered.
 * @throws GelqlError WEIGHTS_UNSAFE when the file asks for code, WEIGHTS_INVALID when it is damaged or another format
 */
export function readTorchTensors(bytes: Uint8Array): Map<string, TorchTensor> {
  if (bytes.byteLength > MAX_FILE_BYTES) throw invalidPickle('it is larger than 700 MB');
  const { value, storages } = readContent(bytes);
  const entries = findStateDict(value).entries;
  if (entries.length > MAX_TENSORS) throw invalidPickle(`it holds more than ${MAX_TENSORS} tensors`);
  const tensors = new Map<string, TorchTensor>();
  let budgetBytes = Math.max(1, bytes.byteLength) * MAX_GROWTH;
  for (const [name, tensorValue] of entries) {
    if (typeof name !== 'string') throw invalidPickle('a tensor has no name');
    if (tensors.has(name)) throw invalidPickle(`${name} occurs twice`);
    const record = parseTensor(name, tensorValue);
    const storage = storages.get(record.storageKey);
    if (storage?.byteLength !== record.storageCount * BYTES_PER_NUMBER[record.format]) {
      throw invalidPickle(`the storage of ${name} is missing or has another size than the tensor says`);
    }
    budgetBytes -= countOf(record.shape) * BYTES_PER_NUMBER.float64;
    if (budgetBytes < 0) throw invalidPickle('its tensors are many times larger than the file');
    tensors.set(name, { format: record.format, shape: record.shape, data: decode(storage, record) });
  }
  return tensors;
}

function decode(storage: Uint8Array, record: TensorRecord): Float32Array | Float64Array {
  const packed = gatherBytes(storage, record);
  const isWide = record.format === 'float64' || record.format === 'int64';
  return isWide ? decodeToFloat64(packed, record.format) : decodeToFloat32(packed, record.format);
}

/**
 * The floating-point tensors as float32, by their torch names. Integer tensors (BatchNorm's `num_batches_tracked`) are
 * left out.
 * @throws GelqlError as `readTorchTensors`
 */
export function readTorchCheckpoint(bytes: Uint8Array): TensorMap {
  const tensors: TensorMap = new Map();
  for (const [name, { format, shape, data }] of readTorchTensors(bytes)) {
    if (format === 'int64') continue;
    const values = data instanceof Float32Array ? data : Float32Array.from(data);
    tensors.set(name, { shape, data: values });
  }
  return tensors;
}

function readContent(bytes: Uint8Array): CheckpointContent {
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return readArchive(bytes);
  if (isTar(bytes)) {
    throw new GelqlError(
      'WEIGHTS_INVALID',
      'This is a tar file, a format that torch.save left in 2017. Use the current file of the publisher: for ResNet18 resnet18-f37072fd.pth.',
    );
  }
  if (startsWith(bytes, [0x80])) return readLegacyStream(bytes);
  throw invalidPickle('it begins like no file of torch.save');
}

function isTar(bytes: Uint8Array): boolean {
  if (startsWith(bytes.subarray(257), [0x75, 0x73, 0x74, 0x61, 0x72])) return true; // ustar
  return bytes.byteLength > 0 && bytes.byteLength % TAR_BLOCK_BYTES === 0 && !startsWith(bytes, [0x80]);
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

/** The dictionary of tensors itself, or the one below `state_dict` and its relatives. */
function findStateDict(root: PickleValue): PickleDictionary {
  let value = root;
  for (let depth = 0; depth <= MAX_WRAPPERS; depth += 1) {
    if (!isKind(value, 'dictionary')) break;
    const { entries } = value;
    if (entries.every(([, entry]) => isTensorCall(entry))) return value;
    const wrapped = entries.find(([key, entry]) => isWrapper(key) && isKind(entry, 'dictionary'));
    if (wrapped === undefined) return value;
    value = wrapped[1];
  }
  throw invalidPickle(`it holds ${describeValue(value)} where a state_dict is expected`);
}

function isWrapper(key: PickleValue): boolean {
  return typeof key === 'string' && WRAPPER_KEYS.includes(key);
}
