import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deviceOf } from '../../src/compute/engines/table.js';
import { classifierTensors } from '../../src/networks/classifier-graph.js';
import { applyHead, initialHead, softmax } from '../../src/networks/heads.js';
import { writeOnnxClassifier } from '../../src/networks/onnx-classifier.js';
import { writeTfjsClassifier } from '../../src/networks/tfjs-classifier.js';
import { loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { importWeights } from '../../src/networks/weights/import-weights.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { ENGINE_NAMES } from '../../src/words/device.js';
import { describeEngine, startEngineThread, type EngineThread } from '../support/engine-thread.js';
import { runOnnx } from '../support/run-onnx.js';
import { runTfjsLayers } from '../support/run-tfjs-layers.js';

/*
 * The published weights on real pictures beside PyTorch, whose features ../shared/fixtures/efficientnet-lite0.json holds.
 */

const FIXTURES = resolve('../shared/fixtures');
const WEIGHTS = resolve('../shared/weights/efficientnet-lite0-57934424.pth');
const PIXELS = 224 * 224;
const TOLERANCE = 1e-4;
const TIMEOUT_MS = 300_000;

interface Case {
  file: string;
  features: number[];
}
const path = join(FIXTURES, 'efficientnet-lite0.json');
const isHere = existsSync(path) && existsSync(WEIGHTS);
const cases: Case[] = isHere ? (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases : [];
const inputs = Uint8Array.from(cases.flatMap(({ file }) => [...readFileSync(join(FIXTURES, file))]));

/** Relative to the largest value of each row. */
function largestDifference(actual: Float32Array, expected: readonly number[][]): number {
  const size = actual.length / expected.length;
  return Math.max(
    ...expected.map((row, index) => {
      expect(row).toHaveLength(size);
      const largest = Math.max(...row.map(Math.abs));
      return (
        Math.max(...row.map((value, place) => Math.abs(value - actual[index * size + place]!))) / largest
      );
    }),
  );
}

if (!isHere) {
  describe.skip('EfficientNet-Lite0 (needs ../shared/weights and ../shared/fixtures)', () => {
    it('is held against PyTorch', () => undefined);
  });
} else {
  let cacheDir: string;
  let backbone: BackboneRecord;
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'gelql-lite0-'));
    backbone = await importWeights(WEIGHTS, { modelsDir: resolve('models'), cacheDir });
  });
  afterAll(() => rm(cacheDir, { recursive: true, force: true }));

  it('is recognised by its digest and normalised as it was trained', () => {
    expect(backbone).toMatchObject({ id: 'efficientnet_lite0-imagenet', featureSize: 1280 });
    expect([0, 127, 255].map((level) => normalised(level, backbone))).toEqual([-127 / 128, 0, 1]);
  });

  // A card that the processor emulates takes minutes for one picture.
  for (const engine of ENGINE_NAMES.filter((name) => deviceOf(name) === 'CPU')) {
    const describeHere = await describeEngine(engine);
    const count = cases.length;
    describeHere('EfficientNet-Lite0', () => {
      let thread: EngineThread;
      beforeAll(async () => {
        thread = startEngineThread(engine, 2);
        await thread.ask({ kind: 'load', backbone });
      }, TIMEOUT_MS);
      afterAll(() => thread.close());

      it(
        `gives the features of PyTorch for ${count} pictures`,
        async () => {
          const { features, lastMaps } = await thread.ask({
            ...{ kind: 'extract', inputs, count, lastMaps: true },
          });
          const expected = cases.map((one) => one.features);
          expect(largestDifference(features, expected)).toBeLessThan(TOLERANCE);
          expect(lastMaps).toMatchObject({ height: 7, width: 7, channels: 1280 });
        },
        TIMEOUT_MS,
      );
    });
  }

  it(
    'is exported to ONNX and TensorFlow.js layers with the same answers',
    async () => {
      const classes = ['gel', 'not_gel'];
      const head = initialHead('SINGLE', 1280, classes.length, 3);
      const classifier = { backbone, head: 'SINGLE', classes, temperature: 1.5 } as const;
      const count = 2;
      const features = Float32Array.from(cases.slice(0, count).flatMap((one) => one.features));
      const expected = softmax(applyHead(head, features, count), count, classifier.temperature);
      const tensors = classifierTensors(await loadBackboneTensors(backbone), head);
      const some = inputs.slice(0, count * PIXELS);
      const model = writeOnnxClassifier(classifier, new Map(tensors), { classes: classes.join() });
      const onnx = await runOnnx({ model, inputs: some, count });
      const tfjs = await runTfjsLayers(writeTfjsClassifier(classifier, tensors), some, count);
      for (const probabilities of [onnx.probabilities, tfjs]) {
        expect(probabilities).toHaveLength(expected.length);
        probabilities.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 4));
      }
      expect(Math.abs(expected[0]! - expected[2]!)).toBeGreaterThan(1e-3);
    },
    TIMEOUT_MS,
  );
}

function normalised(level: number, { mean, standardDeviation }: BackboneRecord): number {
  return Math.fround((level / 255 - mean[0]) / standardDeviation[0]);
}
