import { openBackbone } from '../../src/compute/engines/backbone-session.js';
import { type Network } from '../../src/compute/engines/network.js';
import { GelqlError } from '../../src/errors.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

const SIZE = 512;
const backbone: BackboneRecord = {
  id: 'any',
  architecture: 'resnet18',
  featurePoint: 'reference',
  featureSize: SIZE,
  mean: [0, 0, 0],
  standardDeviation: [1, 1, 1],
  file: '',
  sha256: '',
};

/** Answers each picture with its first pixel's value; refuses more than `fitting` pictures at once. */
async function open(
  fitting: number,
  code: 'DEVICE_OUT_OF_MEMORY' | 'INTERNAL' = 'DEVICE_OUT_OF_MEMORY',
  pinsRuns = false,
) {
  const counts: number[] = [];
  const network = {
    order: 'NCHW',
    async run(values: Float32Array, count: number) {
      counts.push(count);
      if (count > fitting) throw new GelqlError(code, 'too many');
      const features = Float32Array.from({ length: count * SIZE }, (_, index) => {
        return values[Math.floor(index / SIZE) * INPUT_PIXELS] ?? NaN;
      });
      return { features };
    },
    release: async () => undefined,
  } as unknown as Network;
  const options = { sumsPlanes: true, batchSizes: [1, 8], pinsRuns };
  return { counts, session: await openBackbone(async () => network, backbone, new Map(), options) };
}

function pictures(count: number): Uint8Array {
  return Uint8Array.from({ length: count * INPUT_PIXELS }, (_, index) => Math.floor(index / INPUT_PIXELS));
}

async function firstValues(opened: Awaited<ReturnType<typeof open>>, count: number): Promise<number[]> {
  const { features } = await opened.session.extractFeatures(pictures(count), count, { lastMaps: false });
  return Array.from({ length: count }, (_, picture) => Math.round((features[picture * SIZE] ?? NaN) * 255));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a backbone session', () => {
  it('cuts a call into runs of its largest size', async () => {
    const opened = await open(8);
    await expect(firstValues(opened, 11)).resolves.toEqual(upTo(11));
    expect(opened.counts).toEqual([8, 3]);
  });

  it('halves what does not fit into memory, once, and stays with the smaller size', async () => {
    const opened = await open(4);
    await expect(firstValues(opened, 11)).resolves.toEqual(upTo(11));
    expect(opened.counts).toEqual([8, 4, 4, 3]);
    await firstValues(opened, 8);
    expect(opened.counts.slice(4)).toEqual([4, 4]);
  });

  it('fills runs up to powers of two where the engine pins their size, and answers for the pictures only', async () => {
    const opened = await open(8, 'DEVICE_OUT_OF_MEMORY', true);
    for (const count of [1, 3, 5, 11]) await expect(firstValues(opened, count)).resolves.toEqual(upTo(count));
    expect(opened.counts).toEqual([1, 4, 8, 8, 4]);
    const { features } = await opened.session.extractFeatures(pictures(3), 3, { lastMaps: false });
    expect(features).toHaveLength(3 * SIZE);
  });

  it('halves the pinned size of what does not fit', async () => {
    const opened = await open(4, 'DEVICE_OUT_OF_MEMORY', true);
    await expect(firstValues(opened, 7)).resolves.toEqual(upTo(7));
    expect(opened.counts).toEqual([8, 4, 4]);
  });

  it.each([
    ['half of it does not fit either', () => open(3)],
    ['the failure is another', () => open(4, 'INTERNAL')],
  ])('gives up where %s', async (_case, openIt) => {
    const opened = await openIt();
    await expect(firstValues(opened, 8)).rejects.toBeInstanceOf(GelqlError);
    expect(opened.counts.length).toBeLessThanOrEqual(2);
  });
});
