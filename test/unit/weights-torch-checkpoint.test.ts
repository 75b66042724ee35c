import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TensorMap } from '../../src/words/architecture.js';
import { readTorchCheckpoint, readTorchTensors } from '../../src/networks/weights/torch/torch-checkpoint.js';
import { writeTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint-writer.js';
import { readZip } from '../../src/networks/weights/torch/zip-reader.js';
import { writeZip } from '../../src/networks/weights/torch/zip-writer.js';
import { archive, assemble, dictionary, PROTO_2, tensorCall, unicode } from '../support/pickle-assembly.js';
import { caughtError } from '../support/caught-error.js';

type Expected = Record<string, { shape: number[]; dtype?: string; values: number[] }>;

const folder = resolve('../shared/fixtures/checkpoints');
const withFixtures = existsSync(folder) ? describe : describe.skip;
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(resolve(folder, name)));
const expectedOf = (name: string): Expected =>
  (JSON.parse(readFileSync(resolve(folder, 'expected.json'), 'utf8')) as Record<string, Expected>)[name] ??
  {};

withFixtures('files that PyTorch wrote (needs ../shared/fixtures/checkpoints)', () => {
  test.each([
    ['zip.pth', 'zip.pth'],
    ['legacy.pth', 'zip.pth'],
    ['nested.pth', 'nested.pth'],
    ['parameters.pth', 'nested.pth'],
  ])('%s gives every tensor bit for bit in its own format', (name, expectedName) => {
    const expected = expectedOf(expectedName);
    const tensors = readTorchTensors(fixture(name));
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { shape, dtype = 'float32', values }] of Object.entries(expected)) {
      const { data, ...rest } = tensors.get(key) ?? { data: [] };
      expect({ key, ...rest, values: [...data] }).toEqual({ key, format: dtype, shape, values });
    }
  });

  test('as a tensor map all numbers are float32 and the counter is left out', () => {
    const tensors = readTorchCheckpoint(fixture('zip.pth'));
    expect(tensors.has('bn1.num_batches_tracked')).toBe(false);
    expect([...(tensors.get('fc.bias')?.data ?? [])]).toEqual(
      [-1.3275314569473267, -1.706160068511963].map(Math.fround),
    );
  });

  test('what we write keeps names, order, shapes and values', () => {
    const tensors = readTorchCheckpoint(fixture('zip.pth'));
    const copy = readTorchCheckpoint(writeTorchCheckpoint(tensors));
    expect([...copy]).toEqual([...tensors]);
  });

  test('the hostile file is refused by the name of what it asks for, and nothing runs', () => {
    expect(caughtError(() => readTorchCheckpoint(fixture('hostile.pth')))).toMatchObject({
      code: 'WEIGHTS_UNSAFE',
      message: expect.stringContaining('posix.system'),
    });
    const [, touched] =
      /touch (\/[\w/-]+)/.exec(Buffer.from(fixture('hostile.pth')).toString('latin1')) ?? [];
    expect(touched).toBeDefined();
    expect(existsSync(touched ?? '')).toBe(false);
  });

  test('the cut-off file is refused as damaged', () => {
    expect(caughtError(() => readTorchCheckpoint(fixture('truncated.pth')))).toMatchObject({
      code: 'WEIGHTS_INVALID',
      message: expect.stringContaining('cut off'),
    });
  });

  test('no cut of the legacy file passes', () => {
    const whole = fixture('legacy.pth');
    for (let length = 0; length < whole.byteLength; length += 1) {
      expect(caughtError(() => readTorchCheckpoint(whole.subarray(0, length)))).toMatchObject({
        code: 'WEIGHTS_INVALID',
      });
    }
  });
});

describe('what asks for code is WEIGHTS_UNSAFE and named', () => {
  test.each([
    ['a global', ['cos\nsystem\n', unicode('true'), 0x85, 'R.'], 'os.system'],
    ['a global in protocol 0 style', ['cbuiltins\neval\n(tR.'], 'builtins.eval'],
    ['getattr on an allowed module', ['ctorch._utils\n_rebuild_device_tensor\n.'], '_rebuild_device_tensor'],
    ['STACK_GLOBAL', [unicode('os'), unicode('popen'), 0x93, '.'], 'os.popen'],
    ['INST', ['(ios\nsystem\n.'], 'os.system'],
    ['NEWOBJ', ['ccollections\nOrderedDict\n)', 0x81, '.'], 'NEWOBJ'],
    ['OBJ', ['(ccollections\nOrderedDict\no.'], 'OBJ'],
    ['EXT1', [0x82, 1, '.'], 'EXT1'],
    ['a call of a value', ['})R.'], 'a call of dictionary'],
    [
      'attributes on a tensor',
      [tensorCall({ count: 1, shape: [1], stride: [1] }), '}b.'],
      'attributes on call',
    ],
    ['a whole module', ['ctorchvision.models.resnet\nResNet\n)', 0x81, '}b.'], 'whole pickled module'],
    ['a module id', [unicode('module'), 0x85, 'Q.'], 'whole pickled module'],
  ])('%s', (_, opcodes, named) => {
    const pickle = assemble(PROTO_2, ...opcodes);
    expect(caughtError(() => readTorchCheckpoint(archive(pickle)))).toMatchObject({
      code: 'WEIGHTS_UNSAFE',
      message: expect.stringContaining(named),
    });
  });

  test.each(['numpy.core.multiarray\nscalar', 'argparse\nNamespace', 'pathlib\nPosixPath'])(
    'what a script keeps beside its weights, with the way out: %j',
    (global) => {
      const pickle = assemble(PROTO_2, `c${global}\n.`);
      expect(caughtError(() => readTorchCheckpoint(archive(pickle)))).toMatchObject({
        code: 'WEIGHTS_UNSAFE',
        message: expect.stringContaining('save `model.state_dict()` instead'),
      });
    },
  );

  test('control characters in the name do not reach the terminal', () => {
    const pickle = assemble(PROTO_2, 'cos\n\x1b[2Jsystem\n.');
    expect(() => readTorchCheckpoint(archive(pickle))).toThrow(/os\.\?\[2Jsystem/);
  });
});

const one = new Uint8Array(4);
const tensor = tensorCall({ count: 1, shape: [1], stride: [1] });

describe('what is damaged, foreign or past a limit is WEIGHTS_INVALID with the reason', () => {
  test.each([
    ['another protocol', assemble(0x80, 4, '}.'), /protocol 4/],
    ['a memo that was never stored', assemble(PROTO_2, 'h', 7, '.'), /recalls value 7/],
    ['an oversized integer', assemble(PROTO_2, 0x8a, 255, new Uint8Array(255), '.'), /integer of 255 bytes/],
    ['an oversized string', assemble(PROTO_2, 'X', Uint8Array.of(255, 255, 255, 127), '.'), /string of/],
    ['an unknown opcode', assemble(PROTO_2, 0x95, new Uint8Array(8), '.'), /0x95/],
    ['endless marks', assemble(PROTO_2, '('.repeat(65), '.'), /nests deeper/],
    ['endless opcodes', assemble(PROTO_2, '}'.repeat(500_001), '.'), /more than 500000 opcodes/],
    ['an empty stack', assemble(PROTO_2, 's.'), /ran empty/],
    ['a stop in the middle', assemble(PROTO_2, '}}.'), /stops in the middle/],
    ['a number', assemble(PROTO_2, 'K', 1, '.'), /holds number/],
    ['a list', assemble(PROTO_2, '].'), /holds list/],
    ['a list that holds itself', assemble(PROTO_2, ']q', 0, 'h', 0, 'a.'), /holds list/],
    ['text as a tensor', dictionary(['w', unicode('x')]), /w is string/],
    ['a name that is a number', assemble(PROTO_2, '}K', 1, tensor, 's.'), /no name/],
    ['a repeated name', dictionary(['w', tensor], ['w', tensor]), /occurs twice/],
    [
      'a missing storage',
      dictionary(['w', tensorCall({ key: '9', count: 1, shape: [1], stride: [1] })]),
      /missing/,
    ],
    [
      'a storage of another size',
      dictionary(['w', tensorCall({ count: 2, shape: [1], stride: [1] })]),
      /size/,
    ],
    [
      'a huge stride',
      dictionary(['w', tensorCall({ count: 1, shape: [2], stride: [2 ** 30] })]),
      /reaches past/,
    ],
    [
      'a stride of zero',
      dictionary(['w', tensorCall({ count: 1, shape: [2 ** 30], stride: [0] })]),
      /reaches past/,
    ],
    [
      'a negative offset',
      dictionary(['w', tensorCall({ count: 1, offset: -1, shape: [1], stride: [1] })]),
      /offset/,
    ],
    [
      'an offset past the end',
      dictionary(['w', tensorCall({ count: 1, offset: 1, shape: [1], stride: [1] })]),
      /past/,
    ],
    [
      'a stride too few',
      dictionary(['w', tensorCall({ count: 1, shape: [1, 1], stride: [1] })]),
      /dimensions/,
    ],
    ['bytes behind the end', assemble(dictionary(['w', tensor]), '}.'), /goes on behind/],
  ])('%s', (_, pickle, reason) => {
    expect(caughtError(() => readTorchCheckpoint(archive(pickle, { 0: one })))).toMatchObject({
      code: 'WEIGHTS_INVALID',
      message: expect.stringMatching(reason),
    });
  });

  test('thousands of views of one large storage', () => {
    const view = (name: number): [string, Uint8Array] => [
      `w${name}`,
      tensorCall({ count: 4096, shape: [4096], stride: [1] }),
    ];
    const pickle = dictionary(...Array.from({ length: 1000 }, (_, name) => view(name)));
    expect(() => readTorchCheckpoint(archive(pickle, { 0: new Uint8Array(16384) }))).toThrow(
      /many times larger/,
    );
  });

  test.each([
    ['a tar file', new Uint8Array(10240), /resnet18-f37072fd/],
    ['an empty file', new Uint8Array(), /begins like no file/],
    ['an HTML page', assemble('<!doctype html><title>Sign in</title>'), /begins like no file/],
    ['another pickle', assemble(PROTO_2, '}.'), /not one of torch\.save/],
    ['a zip without a pickle', writeZip([{ name: 'a/b', bytes: one }]), /exactly one data\.pkl/],
    [
      'a TorchScript program',
      writeZip([
        { name: 'm/data.pkl', bytes: one },
        { name: 'm/constants.pkl', bytes: one },
      ]),
      /TorchScript/,
    ],
    [
      'big-endian numbers',
      writeZip([
        { name: 'm/data.pkl', bytes: dictionary(['w', tensor]) },
        { name: 'm/byteorder', bytes: assemble('big') },
      ]),
      /little-endian/,
    ],
  ])('%s', (_, bytes, reason) => {
    expect(caughtError(() => readTorchCheckpoint(bytes))).toMatchObject({
      code: 'WEIGHTS_INVALID',
      message: expect.stringMatching(reason),
    });
  });
});

describe('forms that older and other programs write', () => {
  const values = Float32Array.of(1, 2, 3, 4);
  const storage = new Uint8Array(values.buffer);
  const whole = tensorCall({ count: 4, shape: [4], stride: [1] });

  test('an OrderedDict of pairs with byte strings, as Python 2 wrote it', () => {
    const pickle = assemble(PROTO_2, 'ccollections\nOrderedDict\n](](U', 1, 'w', whole, 'ee', 0x85, 'R.');
    expect(readTorchCheckpoint(archive(pickle, { 0: storage })).get('w')?.data).toEqual(values);
  });

  test('the four-argument rebuild of 2017', () => {
    const call = assemble(
      'ctorch._utils\n_rebuild_tensor\n((',
      ...[unicode('storage'), 'ctorch\nFloatStorage\n', unicode('0'), unicode('cpu'), 'K', 4, 'tQK', 0],
      ...['K', 4, 0x85, 'K', 1, 0x85, 'tR'],
    );
    expect(readTorchCheckpoint(archive(dictionary(['w', call]), { 0: storage })).get('w')?.data).toEqual(
      values,
    );
  });

  test('bfloat16 numbers', () => {
    const call = tensorCall({ type: 'BFloat16Storage', count: 2, shape: [2], stride: [1] });
    const bytes = archive(dictionary(['w', call]), { 0: Uint8Array.of(0xc0, 0x3f, 0x00, 0xc0) });
    expect([...(readTorchCheckpoint(bytes).get('w')?.data ?? [])]).toEqual([1.5, -2]);
  });

  test.each(['state_dict', 'model_state_dict', 'model', 'net'])('tensors below the key %s', (key) => {
    const tensors = assemble('}(', unicode('a'), whole, unicode('b'), whole, 'u');
    const bytes = archive(dictionary([key, tensors]), { 0: storage });
    expect([...readTorchCheckpoint(bytes).keys()]).toEqual(['a', 'b']);
  });
});

describe('the archive layout', () => {
  const entries: { name: string; bytes: Uint8Array }[] = [
    { name: 'a/data.pkl', bytes: assemble('first') },
    { name: 'a/data/0', bytes: new Uint8Array(100).fill(7) },
  ];

  test('entries come back whole, and their data are aligned to 64 bytes', () => {
    const bytes = writeZip(entries);
    const contents = readZip(bytes);
    for (const { name, bytes: data } of entries) {
      expect(contents.get(name)).toEqual(data);
      expect((contents.get(name)?.byteOffset ?? 1) % 64).toBe(0);
    }
  });

  test('a flipped bit in the data is found by its checksum', () => {
    const bytes = writeZip(entries);
    const at = readZip(bytes).get('a/data/0')?.byteOffset ?? 0;
    bytes[at + 50] = 6;
    expect(() => readZip(bytes)).toThrow(/checksum of a\/data\/0/);
  });

  test.each([
    ['compressed', 10, 8, /compressed/],
    ['encrypted', 8, 1, /encrypted/],
    ['of two sizes', 20, 1, /is stored in/],
    ['at an impossible place', 42, 1, /local header/],
  ])('an entry that is %s is refused', (_, field, value, reason) => {
    const bytes = writeZip(entries);
    const directory = new DataView(bytes.buffer).getUint32(bytes.byteLength - 6, true);
    bytes[directory + field] = value;
    expect(() => readZip(bytes)).toThrow(reason);
  });

  test('entries that share their bytes are refused', () => {
    const bytes = writeZip([
      { name: 'a/data.pkl', bytes: one },
      { name: 'b/data.pkl', bytes: one },
    ]);
    const view = new DataView(bytes.buffer);
    const first = view.getUint32(bytes.byteLength - 6, true);
    const second = first + 46 + 'a/data.pkl'.length;
    view.setUint32(second + 42, view.getUint32(first + 42, true), true);
    expect(() => readZip(bytes)).toThrow(/overlaps/);
  });

  test('the same tensors give the same bytes', () => {
    const tensors: TensorMap = new Map([['w', { shape: [1, 1], data: Float32Array.of(3) }]]);
    expect(writeTorchCheckpoint(tensors)).toEqual(writeTorchCheckpoint(tensors));
  });
});
