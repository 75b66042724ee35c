import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GelqlError } from '../../src/errors.js';
import type { TensorMap } from '../../src/words/architecture.js';
import { readSafetensors, writeSafetensors } from '../../src/networks/weights/safetensors.js';
import { readTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint.js';
import { writeTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint-writer.js';
import { readZip } from '../../src/networks/weights/torch/zip-reader.js';
import { writeZip } from '../../src/networks/weights/torch/zip-writer.js';

const MUTATIONS = 1500;
const MAX_GROWTH = 8;

/** A linear congruential generator (Numerical Recipes): the same mutations on every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Mutation = (bytes: Uint8Array, random: (below: number) => number) => Uint8Array;

const flipBits: Mutation = (bytes, random) => {
  const mutant = bytes.slice();
  for (let flips = 1 + random(4); flips > 0; flips -= 1) {
    const at = random(mutant.byteLength);
    mutant[at] = (mutant[at] ?? 0) ^ (1 << random(8));
  }
  return mutant;
};

const overwrite: Mutation = (bytes, random) => {
  const mutant = bytes.slice();
  const at = random(mutant.byteLength);
  mutant.fill([0, 0xff, 0x80, 0x2e][random(4)] ?? 0, at, at + 1 + random(8));
  return mutant;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random(bytes.byteLength));

const splice: Mutation = (bytes, random) => {
  const from = random(bytes.byteLength);
  const piece = bytes.subarray(from, from + random(64));
  const at = random(bytes.byteLength);
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + random(64))]));
};

const MUTATE: readonly Mutation[] = [flipBits, overwrite, truncate, splice];

function countNumbers(tensors: TensorMap): number {
  return [...tensors.values()].reduce((total, { data }) => total + data.length, 0);
}

/** Reads mutants of a file; each ends in a GelqlError of the weight codes or in whole tensors of bounded size. */
function readMutants(bytes: Uint8Array, seed: number, read: (mutant: Uint8Array) => TensorMap) {
  const random = createRandom(seed);
  const outcomes = { read: 0, refused: 0 };
  for (let i = 0; i < MUTATIONS; i += 1) {
    const mutant = (MUTATE[i % MUTATE.length] ?? flipBits)(bytes, random);
    try {
      const tensors = read(mutant);
      for (const [name, { shape, data }] of tensors) {
        const count = shape.reduce((product, side) => product * side, 1);
        if (count !== data.length) throw new Error(`mutant ${i}: ${name} has ${data.length} of ${count}`);
      }
      expect(countNumbers(tensors)).toBeLessThanOrEqual(mutant.byteLength * MAX_GROWTH);
      outcomes.read += 1;
    } catch (error) {
      if (!(error instanceof GelqlError) || !/^WEIGHTS_(INVALID|UNSAFE)$/.test(error.code)) throw error;
      outcomes.refused += 1;
    }
  }
  return outcomes;
}

/** Puts a mutated pickle into a sound archive, so that the checksum does not keep it from the pickle reader. */
function withPickle(bytes: Uint8Array, mutate: (pickle: Uint8Array) => Uint8Array): Uint8Array {
  const entries = [...readZip(bytes)].map(([name, data]) => ({ name, bytes: data }));
  return writeZip(
    entries.map((entry) =>
      entry.name.endsWith('data.pkl') ? { ...entry, bytes: mutate(entry.bytes) } : entry,
    ),
  );
}

const tensors: TensorMap = new Map([
  ['conv1.weight', { shape: [2, 3, 1, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['bn1.bias', { shape: [2], data: Float32Array.of(0.5, -0.5) }],
  ['scalar', { shape: [], data: Float32Array.of(9) }],
]);

test('mutated safetensors files end in an error of ours or in whole tensors', () => {
  const bytes = writeSafetensors(tensors, { metadata: { name: 'fuzz' }, dtype: 'F16' });
  const outcomes = readMutants(bytes, 1, (mutant) => readSafetensors(mutant).tensors);
  expect(outcomes.refused).toBeGreaterThan(MUTATIONS / 2);
});

test('mutated checkpoints of our own end in an error of ours or in whole tensors', () => {
  const bytes = writeTorchCheckpoint(tensors);
  const outcomes = readMutants(bytes, 2, readTorchCheckpoint);
  expect(outcomes.refused).toBeGreaterThan(MUTATIONS / 2);
});

test('mutated pickles in sound archives end in an error of ours or in whole tensors', () => {
  const bytes = writeTorchCheckpoint(tensors);
  const pickle = [...readZip(bytes)].find(([name]) => name.endsWith('data.pkl'))?.[1] ?? new Uint8Array();
  const outcomes = readMutants(pickle, 3, (mutant) => readTorchCheckpoint(withPickle(bytes, () => mutant)));
  expect(outcomes.refused).toBeGreaterThan(MUTATIONS / 2);
  expect(outcomes.read).toBeGreaterThan(0);
});

const folder = resolve('../shared/fixtures/checkpoints');
const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.pth')) : [];
(names.length > 0 ? test : test.skip)(
  'mutated files of PyTorch end in an error of ours or in whole tensors (needs ../shared/fixtures/checkpoints)',
  () => {
    names.forEach((name, index) => {
      const bytes = new Uint8Array(readFileSync(resolve(folder, name)));
      const outcomes = readMutants(bytes, 100 + index, readTorchCheckpoint);
      expect(outcomes.read + outcomes.refused).toBe(MUTATIONS);
    });
  },
);
