import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { readSafetensors, writeSafetensors } from '../../src/networks/weights/safetensors.js';
import type { TensorMap } from '../../src/words/architecture.js';
import { caughtError } from '../support/caught-error.js';

const example: TensorMap = new Map([
  ['b', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) }],
  ['a', { shape: [], data: Float32Array.of(-0.25) }],
  ['empty', { shape: [0, 3], data: new Float32Array() }],
]);

function file(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test.each(['F32', 'F16'] as const)('%s files give back names, shapes, values and metadata', (dtype) => {
  const { tensors, metadata } = readSafetensors(
    writeSafetensors(example, { metadata: { name: 'x' }, dtype }),
  );
  expect(metadata).toEqual({ name: 'x' });
  expect([...tensors.keys()]).toEqual(['a', 'b', 'empty']);
  for (const [name, tensor] of example) {
    expect(tensors.get(name)?.shape).toEqual(tensor.shape);
    expect([...(tensors.get(name)?.data ?? [])]).toEqual([...tensor.data]);
  }
});

test('bytes are written as such and come back as numbers; what is none is refused', () => {
  const options = { metadata: {}, dtype: 'F16', bytes: new Set(['pixels']) } as const;
  const write = (...values: number[]) =>
    writeSafetensors(
      new Map([
        ['pixels', { shape: [values.length], data: Float32Array.from(values) }],
        ['a', { shape: [1], data: Float32Array.of(0.5) }],
      ]),
      options,
    );
  const { tensors } = readSafetensors(write(0, 7, 255));
  expect(tensors.get('pixels')).toEqual({ shape: [3], data: Float32Array.of(0, 7, 255) });
  expect(tensors.get('a')).toEqual({ shape: [1], data: Float32Array.of(0.5) });
  expect(() => write(256)).toThrow(/pixels holds 256/);
  expect(() => write(1.5)).toThrow(/pixels holds 1.5/);
});

test('any finite tensors survive as float32, and the order of the map does not change the bytes', () => {
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
  const tensors = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
    fc.array(finite),
  );
  fc.assert(
    fc.property(tensors, (values) => {
      const map: TensorMap = new Map(
        Object.entries(values).map(([name, data]) => [
          `t.${name}`,
          { shape: [data.length], data: Float32Array.from(data) },
        ]),
      );
      const options = { metadata: {}, dtype: 'F32' } as const;
      const bytes = writeSafetensors(map, options);
      expect(writeSafetensors(new Map([...map].reverse()), options)).toEqual(bytes);
      for (const [name, tensor] of readSafetensors(bytes).tensors) {
        expect(tensor.data).toEqual(map.get(name)?.data);
      }
    }),
    { numRuns: 50 },
  );
});

test('values begin at a multiple of eight bytes', () => {
  const bytes = writeSafetensors(example, { metadata: { odd: 'x' }, dtype: 'F16' });
  expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
});

test('a number that float16 cannot hold is refused, not turned into infinity', () => {
  const tensors: TensorMap = new Map([['w', { shape: [1], data: Float32Array.of(70000) }]]);
  expect(() => writeSafetensors(tensors, { metadata: {}, dtype: 'F16' })).toThrow(/w holds 70000/);
});

test('int64 counters are left out', () => {
  const bytes = file({ 'bn.num_batches_tracked': entry(0, 8, [], 'I64'), w: entry(8, 12) }, 12);
  expect([...readSafetensors(bytes).tensors.keys()]).toEqual(['w']);
});

test.each([
  ['an empty file', new Uint8Array(), /too short/],
  ['a header beyond the file', file('{}', 0).subarray(0, 9), /too short/],
  ['a header larger than the file', Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 123, 125), /ends inside/],
  ['an absurd header size', new Uint8Array(64).fill(255), /claims/],
  ['a header that is no JSON', file('{"a":', 0), /not JSON/],
  ['a header that is a list', file([], 0), /not a JSON object/],
  ['metadata of numbers', file({ __metadata__: { a: 1 } }, 0), /not a string/],
  ['an unknown dtype', file({ a: entry(0, 4, [4], 'I8') }, 4), /dtype "I8"/],
  ['a dtype from the prototype', file({ a: entry(0, 4, [4], 'toString') }, 4), /dtype/],
  ['a negative side', file({ a: entry(0, 4, [-1]) }, 4), /no usable shape/],
  ['too many sides', file({ a: entry(0, 4, Array(9).fill(1)) }, 4), /no usable shape/],
  ['a shape of another size', file({ a: entry(0, 8, [3]) }, 8), /needs 12 bytes and has 8/],
  ['offsets that run backwards', file({ a: entry(8, 4, [1]) }, 8), /data_offsets/],
  ['three offsets', file({ a: { ...entry(0, 4), data_offsets: [0, 4, 4] } }, 4), /data_offsets/],
  ['a gap', file({ a: entry(0, 4), b: entry(8, 12) }, 12), /b begins at 8 where 4/],
  ['an overlap', file({ a: entry(0, 8), b: entry(4, 12) }, 12), /b begins at 4 where 8/],
  ['unclaimed bytes', file({ a: entry(0, 4) }, 5), /take 4 bytes of 5/],
  ['missing bytes', file({ a: entry(0, 8) }, 4), /take 8 bytes of 4/],
  ['an empty name', file({ '': entry(0, 4) }, 4), /name/],
  ['a name with a line feed', file({ 'a\nb': entry(0, 4) }, 4), /name/],
])('%s is WEIGHTS_INVALID with the reason', (_, bytes, reason) => {
  expect(caughtError(() => readSafetensors(bytes))).toMatchObject({
    code: 'WEIGHTS_INVALID',
    message: expect.stringMatching(reason),
  });
});

const shipped = resolve('models/backbones/mobilenet_v3_large-gelql-1.f16.safetensors');
(existsSync(shipped) ? test : test.skip)('a shipped file is reproduced byte for byte', () => {
  const bytes = new Uint8Array(readFileSync(shipped));
  const { tensors, metadata } = readSafetensors(bytes);
  expect(Buffer.compare(writeSafetensors(tensors, { metadata, dtype: 'F16' }), bytes)).toBe(0);
});
