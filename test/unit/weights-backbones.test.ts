import { appendFile, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ARCHITECTURES } from '../../src/words/architecture.js';
import { expectedShapes } from '../../src/networks/build-graph.js';
import {
  findBackbone,
  listBackbones,
  loadBackboneTensors,
  verifyBackbones,
} from '../../src/networks/weights/backbones.js';
import { CATALOG, DEFAULT_BACKBONE_ID, DEFAULT_BACKBONE_IDS } from '../../src/networks/weights/catalog.js';
import { importWeights } from '../../src/networks/weights/import-weights.js';
import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import { writeTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint-writer.js';
import { rejection } from '../support/caught-error.js';
import {
  digestOf,
  temporaryPlaces,
  tinyEntry,
  tinyFile,
  tinyShapes,
  tinyTensors,
} from '../support/tiny-backbone.js';

const catalog = [tinyEntry];
const tiny = { catalog, shapesOf: tinyShapes };
const shippedDir = resolve('models');

let places: Awaited<ReturnType<typeof temporaryPlaces>>;
beforeEach(async () => {
  places = await temporaryPlaces();
});
afterEach(() => places.remove());

async function file(name: string, bytes: Uint8Array): Promise<string> {
  await mkdir(places.cacheDir, { recursive: true });
  const path = join(places.cacheDir, name);
  await writeFile(path, bytes);
  return path;
}

describe('the shipped backbones', () => {
  const shipped = CATALOG.filter(({ origin }) => origin === 'shipped');

  test.each(shipped.map(({ id, architecture }) => [id, architecture] as const))(
    '%s is present, has its digest and holds every tensor up to its feature point',
    async (id, architecture) => {
      const record = await findBackbone(id, { ...places, modelsDir: shippedDir });
      expect(record).toMatchObject({ id, architecture, mean: [0.485, 0.485, 0.485] });
      const tensors = await loadBackboneTensors(record);
      const expected = expectedShapes(architecture, 'reference', { withClassifier: false });
      expect(new Map([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(expected);
    },
  );

  test('every architecture has default weights of its own kind, and the default works offline', () => {
    for (const architecture of ARCHITECTURES) {
      const entry = CATALOG.find(({ id }) => id === DEFAULT_BACKBONE_IDS[architecture]);
      expect(entry?.architecture).toBe(architecture);
    }
    expect(CATALOG.find(({ id }) => id === DEFAULT_BACKBONE_ID)?.origin).toBe('shipped');
  });

  test('a missing file is named with the way to get it back, and a copy can be imported', async () => {
    const id = 'mobilenet_v3_large-gelql-1';
    const error = await rejection(findBackbone(id, places));
    expect(error.code).toBe('WEIGHTS_MISSING');
    expect(error.message).toContain(`gelql weights import ${id}.f16.safetensors --as ${id}`);
    const record = await importWeights(join(shippedDir, 'backbones', `${id}.f16.safetensors`), places);
    expect(record).toEqual(await findBackbone(id, places));
    expect((await loadBackboneTensors(record)).size).toBe(264);
  });

  test('the attribution list and a card lie beside the files and name their digests', async () => {
    const folder = join(shippedDir, 'backbones');
    expect(await readdir(folder)).toContain('ATTRIBUTION.md');
    for (const { id, source } of shipped) {
      expect(await readFile(join(folder, `${id}.md`), 'utf8')).toContain(source.sha256);
    }
  });
});

describe('states of a backbone', () => {
  test('official weights that were not fetched are missing, with file, size, address and both commands', async () => {
    const error = await rejection(
      findBackbone('vgg16-torchvision-v1', { ...places, weightsUrl: 'http://mirror.example/w/' }),
    );
    expect(error.code).toBe('WEIGHTS_MISSING');
    expect(error.message).toContain('gelql weights pull vgg16-torchvision-v1');
    expect(error.message).toContain('527.8 MiB, http://mirror.example/w/vgg16-397923af.pth');
    expect(error.message).toContain('gelql weights import vgg16-397923af.pth --as vgg16-torchvision-v1');
  });

  test.each(['nonsense', '../../etc/passwd', '', 'A B'])(
    '%j is not found, and the known ids are listed',
    async (id) => {
      const error = await rejection(findBackbone(id, places));
      expect(error).toMatchObject({ code: 'NOT_FOUND' });
      expect(error.message).toContain(DEFAULT_BACKBONE_ID);
    },
  );

  test('a file of another size is damaged', async () => {
    const { file: path, id } = await importWeights(await file('x.pth', tinyFile), places, tiny);
    await appendFile(path, 'x');
    expect(await rejection(findBackbone(id, places, catalog))).toMatchObject({ code: 'WEIGHTS_INVALID' });
    expect(await listBackbones(places, catalog)).toMatchObject([{ id, state: 'damaged' }]);
  });

  test('one changed byte is found by verify and by loading', async () => {
    const record = await importWeights(await file('x.pth', tinyFile), places, tiny);
    const bytes = await readFile(record.file);
    bytes[bytes.byteLength - 1] = (bytes[bytes.byteLength - 1] ?? 0) ^ 1;
    await writeFile(record.file, bytes);
    expect(await listBackbones(places, catalog)).toMatchObject([{ state: 'present' }]);
    expect(await verifyBackbones(places, catalog)).toMatchObject([
      { state: 'damaged', problem: expect.stringContaining('SHA-256') },
    ]);
    expect(await rejection(loadBackboneTensors(record, tinyShapes))).toMatchObject({
      code: 'WEIGHTS_DIGEST_MISMATCH',
    });
  });

  test('a file that vanished is missing', async () => {
    const record = await importWeights(await file('x.pth', tinyFile), places, tiny);
    await rm(record.file);
    expect(await listBackbones(places, catalog)).toMatchObject([{ state: 'missing' }]);
    expect(await rejection(loadBackboneTensors(record, tinyShapes))).toMatchObject({
      code: 'WEIGHTS_MISSING',
    });
  });

  test('a damaged manifest of official weights is shown as such', async () => {
    await mkdir(join(places.cacheDir, 'weights'), { recursive: true });
    await writeFile(join(places.cacheDir, 'weights', `${tinyEntry.id}.json`), '{');
    expect(await listBackbones(places, catalog)).toMatchObject([{ id: tinyEntry.id, state: 'damaged' }]);
  });
});

describe('importing', () => {
  test('an official file is recognised by its SHA-256 under any name', async () => {
    const record = await importWeights(await file('renamed.bin', tinyFile), places, tiny);
    expect(record).toMatchObject({ id: tinyEntry.id, mean: tinyEntry.mean, featureSize: 512 });
    expect(record).toEqual(await findBackbone(tinyEntry.id, places, catalog));
    const tensors = await loadBackboneTensors(record, tinyShapes);
    expect([...tensors.keys()]).toEqual(['conv1.weight', 'bn1.bias']);
    expect(digestOf(tensors, 'conv1.weight')).toBe(digestOf(tinyTensors(), 'conv1.weight'));
  });

  test('the same file gives the same digest again', async () => {
    const path = await file('x.pth', tinyFile);
    const first = await importWeights(path, places, tiny);
    expect(await importWeights(path, places, tiny)).toEqual(first);
  });

  test('--as refuses a file with another digest and an unknown id', async () => {
    const other = await file('other.pth', writeTorchCheckpoint(tinyTensors(1)));
    expect(await rejection(importWeights(other, places, { ...tiny, as: tinyEntry.id }))).toMatchObject({
      code: 'WEIGHTS_DIGEST_MISMATCH',
    });
    expect(await rejection(importWeights(other, places, { ...tiny, as: 'nonsense' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test.each([
    ['a checkpoint', writeTorchCheckpoint(tinyTensors(1))],
    ['a safetensors file', writeSafetensors(tinyTensors(1), { metadata: {}, dtype: 'F32' })],
  ])('%s of one’s own gets a name, a network and a normalisation', async (_, bytes) => {
    const record = await importWeights(await file('mine', bytes), places, {
      ...tiny,
      id: 'my-resnet18',
      architecture: 'resnet18',
      mean: [0.5, 0.5, 0.5],
    });
    expect(record).toMatchObject({
      id: 'my-resnet18',
      featureSize: 512,
      mean: [0.5, 0.5, 0.5],
      standardDeviation: [0.229, 0.224, 0.225],
    });
    expect(await listBackbones(places, catalog)).toMatchObject([
      { id: tinyEntry.id, state: 'missing' },
      { id: 'my-resnet18', state: 'present', origin: 'imported' },
    ]);
    const tensors = await loadBackboneTensors(record, tinyShapes);
    expect(tensors.get('bn1.bias')?.data).toEqual(tinyTensors(1).get('bn1.bias')?.data);
  });

  const prefixed = (prefix: string) =>
    new Map([...tinyTensors(1)].map(([name, tensor]) => [prefix + name, tensor]));

  test.each(
    ['module.', 'model.', 'backbone.', 'model.module.', '_orig_mod.'].flatMap((prefix) => [
      [prefix, '.pth', writeTorchCheckpoint(prefixed(prefix))] as const,
      [prefix, '.safetensors', writeSafetensors(prefixed(prefix), { metadata: {}, dtype: 'F32' })] as const,
    ]),
  )('%s in front of every name of a %s file is taken away, and said', async (prefix, ending, bytes) => {
    const record = await importWeights(await file(`mine${ending}`, bytes), places, {
      ...{ ...tiny, id: 'mine', architecture: 'resnet18' },
    });
    const tensors = await loadBackboneTensors(record, tinyShapes);
    expect(tensors.get('bn1.bias')?.data).toEqual(tinyTensors(1).get('bn1.bias')?.data);
    const [, listing] = await listBackbones(places, catalog);
    expect(listing?.summary).toBe(`imported from mine${ending}, \`${prefix}\` taken from its names`);
  });

  test('a prefix that some names lack stays, and the error names both', async () => {
    const tensors = prefixed('backbone.').set('fc.weight', { shape: [1], data: Float32Array.of(1) });
    const path = await file('mine.pth', writeTorchCheckpoint(tensors));
    const error = await rejection(
      importWeights(path, places, { ...tiny, id: 'x', architecture: 'resnet18' }),
    );
    expect(error.message).toMatch(
      /^The file is not a resnet18: it has no conv1\.weight.*; it has the unknown/,
    );
    expect(error.facts).toMatchObject({ missing: ['conv1.weight', 'bn1.bias'] });
    expect(error.message).toContain('backbone.conv1.weight');
  });

  test('a name stands for one file for good', async () => {
    const own = { ...tiny, id: 'mine', architecture: 'resnet18' } as const;
    await importWeights(await file('a', writeTorchCheckpoint(tinyTensors(1))), places, own);
    const other = await file('b', writeTorchCheckpoint(tinyTensors(2)));
    expect(await rejection(importWeights(other, places, own))).toMatchObject({ code: 'CONFLICT' });
    expect(await rejection(importWeights(other, places, { ...own, id: tinyEntry.id }))).toMatchObject({
      code: 'CONFLICT',
    });
  });

  test.each([
    ['without a name', {}, 'BAD_REQUEST', /--id NAME and --architecture/],
    ['with a name that is a path', { id: '../x', architecture: 'resnet18' }, 'BAD_REQUEST', /no usable name/],
    [
      'for another network',
      { id: 'x', architecture: 'vgg16', shapesOf: expectedShapes },
      'WEIGHTS_INVALID',
      /not a vgg16/,
    ],
  ] as const)('a file of one’s own %s is refused', async (_, options, code, message) => {
    const path = await file('a', writeTorchCheckpoint(tinyTensors(1)));
    const error = await rejection(importWeights(path, places, { ...tiny, ...options }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await listBackbones(places, catalog)).toHaveLength(1);
  });

  test('numbers that are not finite, missing tensors and other shapes are refused by name', async () => {
    const own = { ...tiny, id: 'mine', architecture: 'resnet18' } as const;
    const infinite = tinyTensors();
    infinite.get('bn1.bias')?.data.set([Infinity], 3);
    const missing = new Map([...tinyTensors()].slice(1));
    const reshaped = tinyTensors().set('bn1.bias', { shape: [1], data: Float32Array.of(1) });
    const surplus = tinyTensors().set('extra.weight', { shape: [1], data: Float32Array.of(1) });
    for (const [tensors, message] of [
      [infinite, /bn1\.bias holds a number that is not finite/],
      [missing, /it has no conv1\.weight/],
      [reshaped, /bn1\.bias has the shape \[1\] where \[256\]/],
      [surplus, /unknown extra\.weight/],
    ] as const) {
      const error = await rejection(
        importWeights(await file('a', writeTorchCheckpoint(tensors)), places, own),
      );
      expect(error).toMatchObject({ code: 'WEIGHTS_INVALID', message: expect.stringMatching(message) });
    }
  });

  test('a whole ResNet18 in torch’s format comes back as the shipped backbone', async () => {
    const shipped = await findBackbone(DEFAULT_BACKBONE_ID, { ...places, modelsDir: shippedDir });
    const tensors = await loadBackboneTensors(shipped);
    const path = await file('whole.pth', writeTorchCheckpoint(tensors));
    const record = await importWeights(path, places, { id: 'copy', architecture: 'resnet18' });
    const copy = await loadBackboneTensors(record);
    expect([...copy.keys()]).toEqual([...tensors.keys()]);
    const changed = [...tensors].filter(([name, { data }]) => {
      const values = copy.get(name)?.data ?? new Float32Array();
      return data.length !== values.length || data.some((value, i) => value !== values[i]);
    });
    expect(changed).toEqual([]);
  });

  test('a missing file is said to be missing', async () => {
    expect(await rejection(importWeights(join(places.cacheDir, 'no.pth'), places))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await mkdir(join(places.modelsDir, 'backbones'), { recursive: true });
    await copyFile(
      resolve('package.json'),
      join(places.modelsDir, 'backbones', 'resnet18-gelql-2.f16.safetensors'),
    );
    expect(await rejection(findBackbone('resnet18-gelql-2', places))).toMatchObject({
      code: 'WEIGHTS_INVALID',
    });
  });
});
