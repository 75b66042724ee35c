import { writeZip } from '../../src/networks/weights/torch/zip-writer.js';

/** Pickle opcodes by name, for writing hostile and odd pickles by hand. */
export const PROTO_2 = Uint8Array.of(0x80, 2);

export function assemble(...parts: (number | string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => {
        if (typeof part === 'number') return Uint8Array.of(part);
        return typeof part === 'string' ? new TextEncoder().encode(part) : part;
      }),
    ),
  );
}

export function unicode(text: string): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, encoded.byteLength, true);
  return assemble('X', size, encoded);
}

export function binInt(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return assemble('J', bytes);
}

/** A zip checkpoint around a pickle; storages by key. */
export function archive(pickle: Uint8Array, storages: Record<string, Uint8Array> = {}): Uint8Array {
  return writeZip([
    { name: 'archive/data.pkl', bytes: pickle },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `archive/data/${key}`, bytes })),
  ]);
}

export interface TensorSpecification {
  type?: string;
  key?: string;
  count: number;
  offset?: number;
  shape: readonly number[];
  stride: readonly number[];
}

/** The opcodes of a `_rebuild_tensor_v2` call. */
export function tensorCall(specification: TensorSpecification): Uint8Array {
  const { type = 'FloatStorage', key = '0', count, offset = 0, shape, stride } = specification;
  const integers = (values: readonly number[]) => assemble('(', ...values.map(binInt), 't');
  return assemble(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    ...['(', unicode('storage'), `ctorch\n${type}\n`, unicode(key), unicode('cpu'), binInt(count), 'tQ'],
    ...[binInt(offset), integers(shape), integers(stride), 0x89],
    'ccollections\nOrderedDict\n)RtR',
  );
}

/** A pickled dict of `name: value` opcodes. */
export function dictionary(...items: [string, Uint8Array][]): Uint8Array {
  return assemble(PROTO_2, '}(', ...items.flatMap(([name, value]) => [unicode(name), value]), 'u.');
}
