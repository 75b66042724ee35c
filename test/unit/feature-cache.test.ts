import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFeatureCache,
  type FeatureCache,
  type FeatureOrigin,
} from '../../src/features/feature-cache.js';

const origin: FeatureOrigin = {
  rasterSha256: 'a'.repeat(64),
  recipe: 'gel-v1',
  views: 4,
  backboneSha256: 'b'.repeat(64),
  featurePoint: 'reference',
  normalisation: { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] },
  engine: 'wasm',
  engineVersion: 'tfjs-wasm 4.22.0',
};
const features = Float32Array.of(1.5, -0, 3e-39, Number.MAX_VALUE, 0.1, 7);
/** Magic and digest before the values. */
const HEADER_BYTES = 40;

let directory: string;
let cache: FeatureCache;
let key: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gelql-features-'));
  cache = createFeatureCache({ directory, maxBytes: 1024 * 1024 });
  key = cache.keyOf(origin);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function storedFiles(): Promise<string[]> {
  const paths = (await readdir(directory, { recursive: true })).map((name) => join(directory, name));
  return paths.filter((path) => statSync(path).isFile());
}

const onlyFile = async () => (await storedFiles())[0] ?? '';

describe('the key', () => {
  it('is another one wherever anything that the features follow from is another', () => {
    const variants: FeatureOrigin[] = [
      origin,
      { ...origin, rasterSha256: 'c'.repeat(64) },
      { ...origin, recipe: 'reference-v1' },
      { ...origin, views: 1 },
      { ...origin, augmentation: 'STRONG' as const },
      { ...origin, backboneSha256: 'd'.repeat(64) },
      { ...origin, featurePoint: 'gap' },
      { ...origin, normalisation: { mean: [0, 0, 0], standardDeviation: [1, 1, 1] } },
      { ...origin, normalisation: { mean: [0, 0, 0], standardDeviation: [1, 1, 2] } },
      { ...origin, engine: 'onnxruntime' },
      { ...origin, engineVersion: 'tfjs-wasm 4.23.0' },
    ];
    expect(new Set(variants.map((variant) => cache.keyOf(variant))).size).toBe(variants.length);
    expect(cache.keyOf({ ...origin })).toBe(key);
  });
});

describe('a feature cache', () => {
  it('gives back the same bits', async () => {
    await expect(cache.get(key, 6)).resolves.toBeNull();
    await expect(cache.put(key, features)).resolves.toBe(true);
    const stored = await cache.get(key, 6);
    expect(Buffer.from(stored?.buffer ?? new ArrayBuffer(0))).toEqual(Buffer.from(features.buffer));
  });

  it('stores a window of a larger array, not the array', async () => {
    await cache.put(key, features.subarray(2, 4));
    await expect(cache.get(key, 2)).resolves.toEqual(features.slice(2, 4));
  });

  it('is shared with other processes and outlives them', async () => {
    await cache.put(key, features);
    const another = createFeatureCache({ directory, maxBytes: 1024 });
    await expect(another.get(key, 6)).resolves.toEqual(features);
  });

  it('survives many writers of one picture and leaves nothing beside the file', async () => {
    const writers = Array.from({ length: 8 }, () => createFeatureCache({ directory, maxBytes: 1024 * 1024 }));
    const stored = await Promise.all(writers.map((writer) => writer.put(key, features)));
    expect(stored).toEqual(Array(8).fill(true));
    expect(await storedFiles()).toHaveLength(1);
    await expect(cache.get(key, 6)).resolves.toEqual(features);
  });

  it('stores nothing where its size is 0', async () => {
    const none = createFeatureCache({ directory, maxBytes: 0 });
    await expect(none.put(key, features)).resolves.toBe(false);
    expect(await storedFiles()).toEqual([]);
    await cache.put(key, features);
    await expect(none.get(key, 6)).resolves.toBeNull();
  });

  it('says that nothing was stored where the folder cannot be written', async () => {
    const file = join(directory, 'a-file');
    await writeFile(file, '');
    const blocked = createFeatureCache({ directory: file, maxBytes: 1024 });
    await expect(blocked.put(key, features)).resolves.toBe(false);
    await expect(blocked.get(key, 6)).resolves.toBeNull();
  });
});

describe('a file that is not what it should be', () => {
  beforeEach(() => cache.put(key, features));

  it.each([0, 7, HEADER_BYTES, HEADER_BYTES + 1, HEADER_BYTES + 4])(
    'is absent where it was cut at byte %i',
    async (size) => {
      await truncate(await onlyFile(), size);
      await expect(cache.get(key, 6)).resolves.toBeNull();
      await expect(cache.get(key, 1)).resolves.toBeNull();
    },
  );

  it('is absent where any one byte differs', async () => {
    const file = await onlyFile();
    const bytes = await readFile(file);
    for (let place = 0; place < bytes.length; place++) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      await writeFile(file, damaged);
      expect(await cache.get(key, 6)).toBeNull();
    }
  });

  it('is absent where it belongs to another key', async () => {
    const otherKey = cache.keyOf({ ...origin, views: 1 });
    await cache.put(otherKey, features);
    const files = await storedFiles();
    const otherFile = files.find((file) => file.includes(otherKey)) ?? '';
    await writeFile(otherFile, await readFile(files.find((file) => file.includes(key)) ?? ''));
    await expect(cache.get(otherKey, 6)).resolves.toBeNull();
  });

  it('is absent where another number of values is wanted', async () => {
    await expect(cache.get(key, 5)).resolves.toBeNull();
  });

  it('is replaced by the next put', async () => {
    await writeFile(await onlyFile(), 'foreign');
    await cache.put(key, features);
    await expect(cache.get(key, 6)).resolves.toEqual(features);
  });
});

describe('the limit', () => {
  const valuesPerFile = 100;
  const fileBytes = HEADER_BYTES + 4 * valuesPerFile;
  const keyOf = (number: number) => cache.keyOf({ ...origin, rasterSha256: `${number}` });
  const fill = (number: number) => new Float32Array(valuesPerFile).fill(number);

  async function makeOld(number: number, secondsAgo: number): Promise<void> {
    const file = (await storedFiles()).find((path) => path.includes(keyOf(number))) ?? '';
    const then = new Date(Date.now() - secondsAgo * 1000);
    await utimes(file, then, then);
  }

  it('is kept by removing what was not used for the longest time', async () => {
    const small = createFeatureCache({ directory, maxBytes: 10 * fileBytes });
    for (let number = 0; number < 10; number++) {
      await small.put(keyOf(number), fill(number));
      await makeOld(number, 1000 - number);
    }
    await expect(small.get(keyOf(0), valuesPerFile)).resolves.toEqual(fill(0));
    await small.put(keyOf(10), fill(10));
    const sizes = await Promise.all((await storedFiles()).map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10 * fileBytes);
    await expect(small.get(keyOf(0), valuesPerFile)).resolves.toEqual(fill(0));
    await expect(small.get(keyOf(10), valuesPerFile)).resolves.toEqual(fill(10));
    await expect(small.get(keyOf(1), valuesPerFile)).resolves.toBeNull();
  });

  it('counts what earlier processes left', async () => {
    for (let number = 0; number < 10; number++) await cache.put(keyOf(number), fill(number));
    const smaller = createFeatureCache({ directory, maxBytes: 5 * fileBytes });
    await smaller.put(keyOf(11), fill(11));
    expect((await storedFiles()).length).toBeLessThanOrEqual(5);
  });

  it('does not accept a file that is larger than all of it', async () => {
    const tiny = createFeatureCache({ directory, maxBytes: fileBytes - 1 });
    await expect(tiny.put(keyOf(1), fill(1))).resolves.toBe(false);
    expect(await storedFiles()).toEqual([]);
  });

  it('clears away what a dying process left half written, but not what another one is writing', async () => {
    const [abandoned, fresh] = [join(directory, 'x.tmp'), join(directory, 'y.tmp')];
    await writeFile(abandoned, 'half');
    await writeFile(fresh, 'half');
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
    await utimes(abandoned, yesterday, yesterday);
    await cache.put(key, features);
    const left = await storedFiles();
    expect(left).toContain(fresh);
    expect(left).not.toContain(abandoned);
  });
});
