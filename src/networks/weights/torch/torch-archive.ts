import { GelqlError } from '../../../errors.js';
import { readPickle } from './pickle.js';
import { invalidPickle } from './pickle-errors.js';
import { type CheckpointContent, CHECKPOINT_GLOBALS } from './torch-tensor-record.js';
import { readZip } from './zip-reader.js';

const PICKLE_ENTRY = '/data.pkl';

/**
 * The zip layout (torch 1.6 and later): `<prefix>/data.pkl`, `<prefix>/data/<key>`, optional `<prefix>/byteorder`.
 * @throws GelqlError WEIGHTS_INVALID, WEIGHTS_UNSAFE
 */
export function readArchive(bytes: Uint8Array): CheckpointContent {
  const entries = readZip(bytes);
  const names = [...entries.keys()];
  if (names.some((name) => name.endsWith('/constants.pkl') || name.includes('/code/'))) {
    throw new GelqlError(
      'WEIGHTS_INVALID',
      'This is a TorchScript program, not a state_dict: save `model.state_dict()` with torch.save.',
    );
  }
  const [pickleName, ...surplus] = names.filter((name) => name.endsWith(PICKLE_ENTRY));
  if (pickleName === undefined || surplus.length > 0) {
    throw invalidPickle('the archive does not hold exactly one data.pkl');
  }
  const prefix = pickleName.slice(0, -PICKLE_ENTRY.length);
  checkByteOrder(entries.get(`${prefix}/byteorder`));
  const pickle = entries.get(pickleName) ?? new Uint8Array();
  const { value, end } = readPickle(pickle, 0, CHECKPOINT_GLOBALS);
  if (end !== pickle.byteLength) throw invalidPickle('data.pkl goes on behind its end');
  return { value, storages: storagesBelow(`${prefix}/data/`, entries) };
}

function checkByteOrder(entry: Uint8Array | undefined): void {
  if (entry === undefined) return;
  const order = new TextDecoder().decode(entry.subarray(0, 16));
  if (order !== 'little') throw invalidPickle('its numbers are not little-endian');
}

function storagesBelow(folder: string, entries: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const storages = new Map<string, Uint8Array>();
  for (const [name, data] of entries) {
    if (name.startsWith(folder)) storages.set(name.slice(folder.length), data);
  }
  return storages;
}
