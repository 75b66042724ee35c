import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorMap } from '../../src/words/architecture.js';
import type { CatalogEntry } from '../../src/networks/weights/catalog.js';
import type { ShapesOf } from '../../src/networks/weights/select-tensors.js';
import { writeTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint-writer.js';

/** A network of three tensors, large enough (1 MB) to arrive in several pieces. */
export const tinyShapes: ShapesOf = (_architecture, _featurePoint, { withClassifier }) =>
  new Map([
    ['conv1.weight', [256, 1000]],
    ['bn1.bias', [256]],
    ...(withClassifier ? [['fc.weight', [2, 4]] as const] : []),
  ]);

export function tinyTensors(seed = 0): TensorMap {
  return new Map(
    [...tinyShapes('resnet18', 'reference', { withClassifier: true })].map(([name, shape]) => {
      const count = shape.reduce((product, side) => product * side, 1);
      const data = Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * 0.7));
      return [name, { shape, data }];
    }),
  );
}

export const tinyFile = writeTorchCheckpoint(tinyTensors());

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Comparing digests is a hundred times faster than comparing 256,000 numbers one by one. */
export function digestOf(tensors: TensorMap, name: string): string {
  const { buffer, byteOffset, byteLength } = tensors.get(name)?.data ?? new Float32Array();
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

export const tinyEntry: CatalogEntry = {
  id: 'tiny-official-1',
  architecture: 'resnet18',
  featurePoint: 'reference',
  featureSize: 512,
  mean: [0.1, 0.2, 0.3],
  standardDeviation: [0.4, 0.5, 0.6],
  origin: 'official',
  source: { fileName: 'tiny-1234.pth', sizeBytes: tinyFile.byteLength, sha256: sha256(tinyFile) },
  summary: 'for tests',
};

/** Empty folders for models and cache, and their removal. */
export async function temporaryPlaces() {
  const root = await mkdtemp(join(tmpdir(), 'gelql-weights-'));
  return {
    modelsDir: join(root, 'models'),
    cacheDir: join(root, 'cache'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
