import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ENGINE_NAMES, type EngineName } from '../../src/words/device.js';
import { deviceOf, ENGINES } from '../../src/compute/engines/table.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { describeEngine, startEngineThread, type EngineThread } from '../support/engine-thread.js';
import { readGreyPictures } from '../support/grey-pictures.js';
import type { FeatureBatch } from '../../src/compute/engines/engine.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

const PICTURES = resolve('../shared/seed-dataset/gel');
/** More than go through a network at once. */
const COUNT = 11;
const PIXELS = 224 * 224;
/** Always installed and of another family than the two of TensorFlow.js, which are held against it. */
const REFERENCE: EngineName = 'onnxruntime';
const BACKBONES = [
  { id: 'resnet18-gelql-2', channels: 512 },
  { id: 'mobilenet_v3_large-gelql-1', channels: 960 },
];

const places = { modelsDir: resolve('models'), cacheDir: resolve('models') };
const inputs = existsSync(PICTURES) ? await readGreyPictures(PICTURES, COUNT) : new Uint8Array();

/** The largest difference between two results, relative to the largest value of the first. */
function difference(expected: Float32Array, actual: Float32Array): number {
  expect(actual).toHaveLength(expected.length);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return expected.reduce(
    (worst, value, index) => Math.max(worst, Math.abs(value - (actual[index] ?? NaN)) / scale),
    0,
  );
}

async function extractOne(thread: EngineThread, index: number): Promise<FeatureBatch> {
  const picture = inputs.slice(index * PIXELS, (index + 1) * PIXELS);
  return thread.ask({ kind: 'extract', inputs: picture, count: 1, lastMaps: true });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Each picture's features as text, from one call of `count` pictures of which the rest are black. */
async function extractFilledUp(
  thread: EngineThread,
  indices: readonly number[],
  count: number,
): Promise<[number, string][]> {
  const filled = new Uint8Array(count * PIXELS);
  indices.forEach((index, row) => {
    filled.set(inputs.subarray(index * PIXELS, (index + 1) * PIXELS), row * PIXELS);
  });
  const { features } = await thread.ask({ kind: 'extract', inputs: filled, count, lastMaps: false });
  const size = features.length / count;
  return indices.map((index, row) => [index, features.slice(row * size, (row + 1) * size).join(' ')]);
}

async function extractAll(thread: EngineThread): Promise<FeatureBatch> {
  return thread.ask({ kind: 'extract', inputs, count: COUNT, lastMaps: true });
}

const referenceBatches = new Map<string, Promise<FeatureBatch>>();

/** The reference engine's answer, computed once per backbone, on two threads where the engines under test have one. */
function referenceBatch(backbone: BackboneRecord): Promise<FeatureBatch> {
  const known = referenceBatches.get(backbone.id) ?? extractOnReference(backbone);
  referenceBatches.set(backbone.id, known);
  return known;
}

async function extractOnReference(backbone: BackboneRecord): Promise<FeatureBatch> {
  const thread = startEngineThread(REFERENCE, 2);
  try {
    await thread.ask({ kind: 'load', backbone });
    return await extractAll(thread);
  } finally {
    await thread.close();
  }
}

/** Row `index` of every picture's alone-result against the batch. */
async function largestRowDifference(thread: EngineThread, batch: FeatureBatch): Promise<number> {
  const size = batch.features.length / COUNT;
  const differences: number[] = [];
  for (let index = 0; index < COUNT; index++) {
    const alone = await extractOne(thread, index);
    differences.push(difference(batch.features.slice(index * size, (index + 1) * size), alone.features));
  }
  return Math.max(...differences);
}

/** The mean over the last maps, which `gap` features are. */
function averageMaps({ lastMaps }: FeatureBatch, channels: number): Float32Array {
  const maps = lastMaps ?? { data: new Float32Array(), height: 0, width: 0, channels: 0 };
  expect(maps).toMatchObject({ height: 7, width: 7, channels });
  const area = maps.height * maps.width;
  return Float32Array.from({ length: COUNT * channels }, (_, index) => {
    const [picture, channel] = [Math.floor(index / channels), index % channels];
    let sum = 0;
    for (let position = 0; position < area; position++) {
      sum += maps.data[(picture * area + position) * channels + channel] ?? NaN;
    }
    return sum / area;
  });
}

const hasPictures = inputs.length > 0;
if (!hasPictures) {
  describe.skip('the engines (needs ../shared/seed-dataset)', () => {
    it('agree', () => undefined);
  });
}

// Those of a graphics card have a test of their own: in software one picture takes them seconds.
const engines = ENGINE_NAMES.filter((name) => deviceOf(name) === 'CPU');
for (const { id, channels } of hasPictures ? BACKBONES : []) {
  for (const engine of engines) {
    const describeHere = await describeEngine(engine);
    describeHere(`${id}`, () => {
      let backbone: BackboneRecord;
      let thread: EngineThread;
      let batch: FeatureBatch;
      beforeAll(async () => {
        backbone = await findBackbone(id, places);
        thread = startEngineThread(engine);
        await thread.ask({ kind: 'load', backbone });
        batch = await extractAll(thread);
      });
      afterAll(() => thread.close());

      if (engine !== REFERENCE) {
        it(`agrees with ${REFERENCE}`, async () => {
          const expected = await referenceBatch(backbone);
          expect(difference(expected.features, batch.features)).toBeLessThan(1e-3);
          const [maps, actualMaps] = [expected.lastMaps?.data, batch.lastMaps?.data];
          expect(difference(maps ?? new Float32Array(), actualMaps ?? new Float32Array(1))).toBeLessThan(
            1e-3,
          );
        });
      }

      it('tells the pictures apart', () => {
        const size = batch.features.length / COUNT;
        const first = batch.features.slice(0, size);
        expect(difference(first, batch.features.slice(size, 2 * size))).toBeGreaterThan(0.01);
      });

      it('answers a picture alone as it does in a batch', async () => {
        expect(await largestRowDifference(thread, batch)).toBeLessThan(1e-5);
      });

      it('gives a picture the same bits in every call of its stable size, wherever it stands', async () => {
        const count = ENGINES[engine].stableCount;
        const known = new Map<number, string>();
        for (const indices of [range(COUNT), range(COUNT).reverse(), [4], [7, 1, 10]]) {
          for (let start = 0; start < indices.length; start += count) {
            const group = indices.slice(start, start + count);
            for (const [index, bits] of await extractFilledUp(thread, group, count)) {
              expect(bits).toBe(known.get(index) ?? bits);
              known.set(index, bits);
            }
          }
        }
        expect(known.size).toBe(COUNT);
      });

      it('gives the last maps as pixels of channels', () => {
        const averages = averageMaps(batch, channels);
        if (backbone.architecture === 'resnet18') {
          expect(difference(batch.features, averages)).toBeLessThan(1e-5);
        } else {
          expect(averages.some((value) => value !== 0)).toBe(true);
        }
      });

      it('gives no maps where none are wanted', async () => {
        const answer = await thread.ask({ kind: 'extract', inputs, count: COUNT, lastMaps: false });
        expect(answer.lastMaps).toBeUndefined();
        expect(answer.features).toEqual(batch.features);
      });

      if (engine !== 'onnxruntime') {
        it('holds no more tensors after a call than before, and none once released', async () => {
          const before = await thread.ask({ kind: 'countTensors' });
          expect(before).toBeGreaterThan(20);
          for (let call = 0; call < 3; call++) await extractOne(thread, call);
          expect(await thread.ask({ kind: 'countTensors' })).toBe(before);
          await thread.ask({ kind: 'release' });
          expect(await thread.ask({ kind: 'countTensors' })).toBe(0);
        });
      }
    });
  }
}
