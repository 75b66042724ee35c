import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ENGINE_NAMES } from '../../src/words/device.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { describeEngine, startEngineThread, type EngineThread } from '../support/engine-thread.js';
import { readGreyPictures } from '../support/grey-pictures.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

/*
 * On a card that the processor emulates, where one picture takes seconds. What more pictures show (larger batches, that
 * answers do not depend on the batch, speed) bench/gpu shows on a real card.
 */

const PICTURES = resolve('../shared/seed-dataset/gel');
const input = existsSync(PICTURES) ? await readGreyPictures(PICTURES, 1) : new Uint8Array();
const question = { kind: 'extract', inputs: input, count: 1, lastMaps: true } as const;
const places = { modelsDir: resolve('models'), cacheDir: resolve('models') };

function difference(expected: Float32Array = new Float32Array(), actual: Float32Array = new Float32Array(1)) {
  expect(actual).toHaveLength(expected.length);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return expected.reduce(
    (worst, value, at) => Math.max(worst, Math.abs(value - (actual[at] ?? NaN)) / scale),
    0,
  );
}

const PLACE = { softwareGpu: false, card: null, cacheDir: resolve('models') };
/** CUDA's cards are not emulated. */
const gpuEngines = ENGINE_NAMES.filter((name) => name.endsWith('webgpu'));
const describeWithPicture = input.length > 0 ? describe : describe.skip;

describeWithPicture('a graphics card (the picture is of ../shared/seed-dataset)', () => {
  let backbone: BackboneRecord;
  let reference: EngineThread;
  beforeAll(async () => {
    backbone = await findBackbone('mobilenet_v3_large-gelql-1', places);
    reference = startEngineThread('onnxruntime');
    await reference.ask({ kind: 'load', backbone });
  });
  afterAll(() => reference.close());

  for (const engine of gpuEngines) {
    it(`gives the features that the processor gives, with ${engine}`, async () => {
      const probe = await ENGINES[engine].probe({ ...PLACE, softwareGpu: true });
      if (!probe.available) return expect(probe.reason).toMatch(/finds no graphics card/);
      const thread = startEngineThread(engine);
      try {
        const expected = await reference.ask(question);
        await thread.ask({ kind: 'load', backbone });
        const answer = await thread.ask(question);
        expect(difference(expected.features, answer.features)).toBeLessThan(1e-3);
        expect(difference(expected.lastMaps?.data, answer.lastMaps?.data)).toBeLessThan(1e-3);
        if (engine === 'webgpu') {
          await thread.ask({ kind: 'loseDevice' });
          await expect(thread.ask(question)).rejects.toThrow(/DEVICE_LOST|graphics card went away/);
          await thread.ask({ kind: 'load', backbone });
          const again = await thread.ask(question);
          expect(difference(answer.features, again.features)).toBe(0);
        }
      } finally {
        await thread.close();
      }
    });
  }
});

const describeWebgpu = await describeEngine('webgpu');
describeWebgpu('a card that the processor emulates', () => {
  it.each(gpuEngines)('is not taken for one by %s unless told so', async (engine) => {
    expect(await ENGINES[engine].probe(PLACE)).toEqual({
      available: false,
      reason: expect.stringMatching(/computes on the processor.*GELQL_SOFTWARE_GPU=true/),
    });
    expect(await ENGINES[engine].probe({ ...PLACE, softwareGpu: true })).toEqual({
      available: true,
      version: expect.stringMatching(/ on \S/),
    });
  });
});
