import type { Tensor, TensorMap } from '../../../words/architecture.js';
import { encodeFloat32 } from '../number-formats.js';
import { PickleWriter } from './pickle-writer.js';
import { writeZip } from './zip-writer.js';

const PREFIX = 'archive';
const FORMAT_VERSION = '3\n';

/**
 * A state_dict as torch.save writes it: zip layout, protocol 2, an OrderedDict of `_rebuild_tensor_v2` over one
 * FloatStorage for each tensor, in the order of the map. `torch.load(file, weights_only=True)` reads it. Deterministic.
 */
export function writeTorchCheckpoint(tensors: TensorMap): Uint8Array {
  const named = [...tensors];
  const storages = named.map(([, { data }], key) => ({
    name: `${PREFIX}/data/${key}`,
    bytes: encodeFloat32(data, 'float32'),
  }));
  return writeZip([
    { name: `${PREFIX}/data.pkl`, bytes: pickleStateDict(named) },
    { name: `${PREFIX}/byteorder`, bytes: new TextEncoder().encode('little') },
    ...storages,
    { name: `${PREFIX}/version`, bytes: new TextEncoder().encode(FORMAT_VERSION) },
  ]);
}

function pickleStateDict(named: readonly [string, Tensor][]): Uint8Array {
  const pickle = new PickleWriter();
  pickle.emptyOrderedDict().mark();
  named.forEach(([name, tensor], key) => {
    pickle.text(name).global('torch._utils', '_rebuild_tensor_v2').mark();
    pickleStorage(pickle, String(key), tensor.data.length);
    pickle.integer(0).integers(tensor.shape).integers(rowMajorStride(tensor.shape));
    pickle.boolean(false).emptyOrderedDict().closeTuple().reduce();
  });
  return pickle.setItems().stop();
}

function pickleStorage(pickle: PickleWriter, key: string, count: number): void {
  pickle.mark().text('storage').global('torch', 'FloatStorage').text(key).text('cpu').integer(count);
  pickle.closeTuple().persistentId();
}

function rowMajorStride(shape: readonly number[]): number[] {
  return shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, side) => product * Math.max(1, side), 1),
  );
}
