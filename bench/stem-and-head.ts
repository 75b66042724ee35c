import { PLAIN_RULES } from '../src/words/training-rules.js';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startTensorflow, TENSORFLOW_TRAINING } from '../src/compute/engines/tensorflow.js';
import { trainNetwork } from '../src/compute/network-training/train-network.js';
import type { PictureBatch } from '../src/compute/protocol.js';
import { applyNativeEnvironment, readConfig } from '../src/config.js';
import { scanFolder } from '../src/datasets/scan-folder.js';
import { proportionOf } from '../src/evaluation/intervals.js';
import { splitPictures } from '../src/evaluation/splits.js';
import { INPUT_PIXELS } from '../src/words/picture.js';
import { prepareImage } from '../src/images/prepare-image.js';
import { findBackbone, loadBackboneTensors } from '../src/networks/weights/backbones.js';
import { DEFAULT_BACKBONE_ID } from '../src/networks/weights/catalog.js';
import { createRandom, shuffle } from '../src/random.js';

/**
 * The published experiment's procedure on its 92 pictures: ResNet18, a new first convolution and the head, BatchNorm by the
 * batch, Adam, batch 23, 20 epochs; a fifth of the pictures kept for validation.
 *   npm run bench:stem-and-head [-- SEED...]
 */

const FOLDER = resolve('../shared/seed-dataset');
const BATCH = 23;
const EPOCHS = 20;
const seeds = process.argv.slice(2).map(Number);

const config = readConfig();
applyNativeEnvironment(config);

async function readPictures() {
  const { pictures: scanned } = await scanFolder(FOLDER);
  const classes = [...new Set(scanned.map(({ className }) => className))].sort();
  const pictures: { input: Uint8Array; label: number }[] = [];
  for (const { path, className } of scanned) {
    const task = { page: null, recipe: 'reference-v1', views: 1, maxPixels: config.maxPixels } as const;
    const { inputs } = await prepareImage({ bytes: await readFile(path), ...task });
    pictures.push({ input: inputs, label: classes.indexOf(className) });
  }
  return { pictures, classes };
}

async function run(seed: number): Promise<void> {
  const startedAt = performance.now();
  const { pictures, classes } = await readPictures();
  const backbone = await findBackbone(DEFAULT_BACKBONE_ID, config);
  const split = splitPictures({
    labels: pictures.map(({ label }) => label),
    classes,
    groups: pictures.map((_, index) => String(index)),
    testFraction: 0,
    validationFraction: 0.2,
    seed,
  });
  const gather = (indices: Int32Array): PictureBatch => {
    const inputs = new Uint8Array(indices.length * INPUT_PIXELS);
    indices.forEach((index, row) => inputs.set(pictures[index]?.input ?? [], row * INPUT_PIXELS));
    const labels = indices.map((index) => pictures[index]?.label ?? 0);
    return { inputs, labels, keys: Array.from(indices, String) };
  };
  async function* cut(order: Int32Array) {
    for (let start = 0; start < order.length; start += BATCH)
      yield gather(order.subarray(start, start + BATCH));
  }
  let last = { trainLoss: NaN, trainAccuracy: NaN, validationLoss: NaN as number | null };
  let right = NaN;
  await trainNetwork(
    TENSORFLOW_TRAINING,
    {
      backbone,
      tensors: await loadBackboneTensors(backbone),
      part: 'STEM_AND_HEAD',
      head: 'SINGLE',
      classCount: classes.length,
      optimizer: 'ADAM',
      learningRate: 0.001,
      backboneLearningRate: 0.001,
      epochs: EPOCHS,
      rules: PLAIN_RULES,
      seed,
      drawEpoch: (number) =>
        cut(shuffle(Int32Array.from(split.train), createRandom(seed, `order ${number}`))),
      drawValidation: () => cut(Int32Array.from(split.validation)),
      checkpoint: null,
    },
    {
      async onEpoch(progress) {
        last = progress;
        right = Math.round((progress.validationAccuracy ?? NaN) * split.validation.length);
      },
      onStep: () => undefined,
      isCancelled: () => false,
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { low, high } = proportionOf(right, split.validation.length);
  console.log(
    `seed ${seed}: ${seconds.toFixed(1)} s for ${split.train.length} pictures, train loss ${last.trainLoss.toFixed(3)}, ` +
      `validation ${right} of ${split.validation.length} right (Wilson 95 %: ${low?.toFixed(2)} to ${high?.toFixed(2)})`,
  );
}

await startTensorflow();
for (const seed of seeds.length > 0 ? seeds : [1]) await run(seed);
