import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { prepareImage } from '../../src/images/prepare-image.js';
import type { HeadKind, TensorMap } from '../../src/words/architecture.js';
import { classifierTensors, type Classifier } from '../../src/networks/classifier-graph.js';
import { applyHead, initialHead, softmax } from '../../src/networks/heads.js';
import { writeOnnxClassifier } from '../../src/networks/onnx-classifier.js';
import { writeTfjsClassifier } from '../../src/networks/tfjs-classifier.js';
import { findBackbone, loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';
import { readModelFolder } from '../../src/registry/model-folder.js';
import { startEngineThread, type EngineThread } from '../support/engine-thread.js';
import { runOnnx } from '../support/run-onnx.js';
import { runTfjsLayers } from '../support/run-tfjs-layers.js';

/*
 * The whole classifier in its exported forms against what the server computes. The ONNX files were also run once in Python
 * (onnxruntime 1.32.0) on the 40 pictures of dataset/test: the largest difference of a probability to the server was 1.2e-7
 * for gelql-base-resnet18 and 6.0e-8 for gelql-base-mobilenet_v3_large.
 */

const PICTURES = ['gel/gel_009.png', 'not_gel/not_gel_019.jpg'];
const TOLERANCE = 1e-4;
/** Each plane has another normalisation, as official weights have: the graph then begins with three planes. */
const COLOUR = {
  mean: [0.485, 0.456, 0.406],
  standardDeviation: [0.229, 0.224, 0.225],
} as const;
const places = { modelsDir: resolve('models'), cacheDir: resolve('models') };

let inputs: Uint8Array;
let thread: EngineThread;
beforeAll(async () => {
  const prepared = await Promise.all(
    PICTURES.map(async (name) => {
      const bytes = await readFile(join('dataset/test', name));
      return prepareImage({ bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: 1e8 });
    }),
  );
  inputs = Uint8Array.from(prepared.flatMap((picture) => [...picture.inputs]));
  thread = startEngineThread('onnxruntime', 2);
});
afterAll(() => thread.close());

async function classifierOf(
  folder: string,
  kind: HeadKind,
  change: Partial<Pick<Classifier, 'temperature'>> & { isColour?: boolean },
): Promise<{ classifier: Classifier; head: TensorMap; tensors: TensorMap }> {
  const { record, headBytes } = await readModelFolder(join('models/gelql-base', folder));
  const shipped = await findBackbone(record.backbone.id, places);
  const backbone = change.isColour === true ? { ...shipped, ...COLOUR } : shipped;
  const classCount = record.classes.length;
  const head =
    kind === record.head.kind
      ? readSafetensors(headBytes).tensors
      : decided(initialHead(kind, backbone.featureSize, classCount, 3));
  const { temperature = 1 } = change;
  const classifier = { backbone, head: kind, classes: record.classes, temperature };
  return { classifier, head, tensors: classifierTensors(await loadBackboneTensors(backbone), head) };
}

/** As training begins a head says the same of every picture; a steeper last layer tells them apart. */
function decided(head: TensorMap): TensorMap {
  const last = head.get('6.weight');
  if (last !== undefined) head.set('6.weight', { ...last, data: last.data.map((value) => 50 * value) });
  return head;
}

async function expectedOf({ backbone, temperature }: Classifier, head: TensorMap) {
  await thread.ask({ kind: 'load', backbone });
  const { features } = await thread.ask({
    kind: 'extract',
    inputs: inputs.slice(),
    count: PICTURES.length,
    lastMaps: false,
  });
  const logits = applyHead(head, features, PICTURES.length);
  return { logits, probabilities: softmax(logits, PICTURES.length, temperature) };
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  expect(left).toHaveLength(right.length);
  return left.reduce(
    (largest, value, index) => Math.max(largest, Math.abs(value - (right[index] ?? NaN))),
    0,
  );
}

test.each<[string, string, HeadKind, Parameters<typeof classifierOf>[2]]>([
  ['the shipped ResNet18', 'resnet18', 'SINGLE', {}],
  ['the shipped MobileNetV3', 'mobilenet_v3_large', 'SINGLE', {}],
  [
    'a MULTI head on three planes with calibration',
    'mobilenet_v3_large',
    'MULTI',
    { temperature: 1.7, isColour: true },
  ],
])(
  '%s gives the same probabilities as ONNX and as TensorFlow.js layers',
  async (_name, folder, kind, change) => {
    const { classifier, head, tensors } = await classifierOf(folder, kind, change);
    const expected = await expectedOf(classifier, head);
    const model = writeOnnxClassifier(classifier, new Map(tensors), { classes: 'a, b' });
    const onnx = await runOnnx({ model, inputs, count: PICTURES.length });
    expect(largestDifference(onnx.probabilities, expected.probabilities)).toBeLessThan(TOLERANCE);
    expect(largestDifference(onnx.logits, expected.logits)).toBeLessThan(1e-3);
    const tfjs = await runTfjsLayers(writeTfjsClassifier(classifier, tensors), inputs, PICTURES.length);
    expect(largestDifference(tfjs, expected.probabilities)).toBeLessThan(TOLERANCE);
    // The pictures differ, so that equal answers say something.
    expect(Math.abs((expected.probabilities[0] ?? 0) - (expected.probabilities[2] ?? 0))).toBeGreaterThan(
      1e-3,
    );
  },
);

test('the weights are taken out of the map, whole', async () => {
  const { classifier, tensors } = await classifierOf('mobilenet_v3_large', 'SINGLE', {});
  writeTfjsClassifier(classifier, tensors);
  expect([...tensors.keys()]).toEqual([]);
});
