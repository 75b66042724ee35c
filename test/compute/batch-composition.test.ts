import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import pino from 'pino';
import { createBatcher } from '../../src/compute/batching/batcher.js';
import { createCompute } from '../../src/compute/create-compute.js';
import type { EngineName } from '../../src/words/device.js';
import { createFairScheduler } from '../../src/compute/batching/fair-scheduler.js';
import { PRIORITIES } from '../../src/words/priority.js';
import type { Compute } from '../../src/compute/protocol.js';
import { readConfig } from '../../src/config.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { applyHead } from '../../src/networks/heads.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';

const PICTURES = 6;
/** What the issue allows between a picture alone and the same one in a batch. */
const LARGEST_DIFFERENCE = 1e-4;
const SUBJECTS: { engine: EngineName; architecture: string; backboneId: string; runs: number }[] = [
  { engine: 'onnxruntime', architecture: 'resnet18', backboneId: 'resnet18-gelql-2', runs: 10 },
  {
    engine: 'onnxruntime',
    architecture: 'mobilenet_v3_large',
    backboneId: 'mobilenet_v3_large-gelql-1',
    runs: 20,
  },
  {
    engine: 'tensorflow',
    architecture: 'mobilenet_v3_large',
    backboneId: 'mobilenet_v3_large-gelql-1',
    runs: 10,
  },
  { engine: 'wasm', architecture: 'mobilenet_v3_large', backboneId: 'mobilenet_v3_large-gelql-1', runs: 6 },
];

const cacheDir = await mkdtemp(join(tmpdir(), 'gelql-composition-'));
const config = readConfig({ GELQL_CACHE_DIR: cacheDir, GELQL_THREADS: '2' });
const compute: Compute = createCompute(config, pino({ level: 'silent' }));
const reports = await compute.engines();
let inputs: Uint8Array[];

beforeAll(async () => {
  const names = ['gel', 'not_gel'].flatMap((className) => {
    const folder = join('dataset', 'test', className);
    return readdirSync(folder)
      .sort()
      .slice(0, PICTURES / 2)
      .map((name) => join(folder, name));
  });
  inputs = await Promise.all(
    names.map(async (name) => {
      const task = { bytes: readFileSync(name), page: null, recipe: 'gel-v1', views: 1 } as const;
      const options = { lane: 'serving' } as const;
      return (await compute.prepareImage({ ...task, maxPixels: config.maxPixels }, options)).inputs;
    }),
  );
});
afterAll(async () => {
  await compute.close();
  await rm(cacheDir, { recursive: true, force: true });
});

for (const { engine, architecture, backboneId, runs } of SUBJECTS) {
  const isHere = reports.some((report) => report.engine === engine && report.available);
  (isHere ? describe : describe.skip)(`${architecture} on ${engine}`, () => {
    const head = readSafetensors(
      readFileSync(join('models/gelql-base', architecture, 'head.safetensors')),
    ).tensors;
    let backbone: BackboneRecord;
    let alone: Float32Array[];

    const open = (maxBatch: number) =>
      createBatcher({
        scheduler: createFairScheduler(1),
        maxBatch,
        execute: (batch, count, { lastMaps }) =>
          compute.extractFeatures({ engine, backbone, inputs: batch, count, lastMaps }, { lane: 'serving' }),
      });

    beforeAll(async () => {
      backbone = await findBackbone(backboneId, config);
      const batcher = open(1);
      alone = [];
      for (const input of inputs) {
        const { features, batchSize } = await batcher.computeFeatures(input);
        expect(batchSize).toBe(1);
        alone.push(applyHead(head, features, 1));
      }
    });

    it('gives a picture the logits that it has alone, whatever shares its batch', async () => {
      const picture = fc.record({
        place: fc.nat(PICTURES - 1),
        priority: fc.constantFrom(...PRIORITIES),
        lastMaps: fc.boolean(),
      });
      const batchSizes = new Set<number>();
      let largest = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(picture, { minLength: 2, maxLength: 10 }),
          fc.integer({ min: 2, max: 8 }),
          async (pictures, maxBatch) => {
            const batcher = open(maxBatch);
            await Promise.all(
              pictures.map(async ({ place, ...options }) => {
                const { features, batchSize } = await batcher.computeFeatures(inputs[place]!, options);
                batchSizes.add(batchSize);
                applyHead(head, features, 1).forEach((logit, index) => {
                  largest = Math.max(largest, Math.abs(logit - alone[place]![index]!));
                });
              }),
            );
            expect(largest).toBeLessThanOrEqual(LARGEST_DIFFERENCE);
          },
        ),
        { numRuns: runs },
      );
      expect(Math.max(...batchSizes)).toBeGreaterThan(2);
    });
  });
}
