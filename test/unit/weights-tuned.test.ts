import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { TensorMap } from '../../src/words/architecture.js';
import { findBackbone, loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { hashBytes } from '../../src/networks/weights/file-facts.js';
import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import {
  decodeTunedWeights,
  encodeTunedWeights,
  keepTunedWeights,
} from '../../src/networks/weights/tuned-weights.js';
import { caughtError, rejection } from '../support/caught-error.js';

const cacheDir = await mkdtemp(join(tmpdir(), 'gelql-tuned-'));
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

const backbone = await findBackbone('mobilenet_v3_large-gelql-1', { modelsDir: resolve('models'), cacheDir });
const NAME = 'classifier.0.bias';
const moved = (value: number, shape = [1280], name = NAME): TensorMap =>
  new Map([[name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) }]]);
const tunedTo = async (value: number) => {
  const bytes = encodeTunedWeights(moved(value), backbone);
  return keepTunedWeights({ cacheDir, tunedCacheBytes: Infinity }, hashBytes(bytes), async () => bytes);
};

test('that were used least recently go where the folder outgrows its limit', async () => {
  const folder = await mkdtemp(join(cacheDir, 'full-'));
  const keep = (value: number) => {
    const bytes = encodeTunedWeights(moved(value), backbone);
    return keepTunedWeights(
      { cacheDir: folder, tunedCacheBytes: 2.5 * bytes.length },
      hashBytes(bytes),
      async () => bytes,
    );
  };
  const [oldest, older] = [await keep(1), await keep(2)];
  await utimes(oldest.file, 1, 1);
  await utimes(older.file, 2, 2);
  await keep(1);
  const newest = await keep(3);
  const left = await readdir(join(folder, 'tuned'));
  expect(left.sort()).toEqual([oldest, newest].map(({ file }) => basename(file)).sort());
});

test('say what to do where the cache folder cannot be written', async () => {
  const file = join(cacheDir, 'a-file');
  await writeFile(file, '');
  const bytes = encodeTunedWeights(moved(0.25), backbone);
  const kept = keepTunedWeights(
    { cacheDir: file, tunedCacheBytes: Infinity },
    hashBytes(bytes),
    async () => bytes,
  );
  expect(await rejection(kept)).toMatchObject({
    code: 'SETUP_FAILED',
    message: expect.stringMatching(/cannot be written: free space there, or set GELQL_CACHE_DIR/) as unknown,
  });
});

test('take the place of the tensors of the backbone, and of no others', async () => {
  const tuned = await tunedTo(0.5);
  const plain = await loadBackboneTensors(backbone);
  const tensors = await loadBackboneTensors({ ...backbone, tuned });
  expect([...tensors.keys()]).toEqual([...plain.keys()]);
  const bytesOf = (data: Float32Array = new Float32Array()) => Buffer.from(data.buffer);
  const differing = [...tensors].filter(([name, { data }]) => {
    return !bytesOf(data).equals(bytesOf(plain.get(name)?.data));
  });
  expect(differing.map(([name]) => name)).toEqual([NAME]);
  expect(tensors.get(NAME)?.data[7]).toBe(0.5);
});

const refused: [string, () => Uint8Array, RegExp][] = [
  [
    'of another backbone',
    () => encodeTunedWeights(moved(1), { ...backbone, sha256: '0'.repeat(64) }),
    /another backbone/,
  ],
  [
    'that the network does not have',
    () => encodeTunedWeights(moved(1, [4], 'conv1.weight'), backbone),
    /has no conv1/,
  ],
  ['of another shape', () => encodeTunedWeights(moved(1, [640]), backbone), /has the shape \[640\]/],
  ['that are no numbers', () => encodeTunedWeights(moved(NaN), backbone), /not finite/],
  ['that are not marked', () => writeSafetensors(moved(1), { metadata: {}, dtype: 'F32' }), /not marked/],
  ['that are cut off', () => encodeTunedWeights(moved(1), backbone).slice(0, -4), /./],
];
test.each(refused)('refuse tensors %s', (_case, makeBytes, message) => {
  const error = caughtError(() => decodeTunedWeights(makeBytes(), backbone));
  expect(error.code).toBe('WEIGHTS_INVALID');
  expect(error.message).toMatch(message);
});

test('a damaged file is refused where it is read, and mended where it is asked for', async () => {
  const tuned = await tunedTo(0.25);
  const sound = await readFile(tuned.file);
  await writeFile(tuned.file, sound.subarray(1));
  expect((await rejection(loadBackboneTensors({ ...backbone, tuned }))).code).toBe('WEIGHTS_DIGEST_MISMATCH');
  await tunedTo(0.25);
  expect(await readFile(tuned.file)).toEqual(sound);
  await rm(tuned.file);
  expect((await rejection(loadBackboneTensors({ ...backbone, tuned }))).code).toBe('WEIGHTS_MISSING');
});
