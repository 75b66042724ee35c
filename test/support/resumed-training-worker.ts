import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { startTensorflow } from '../../src/compute/engines/tensorflow.js';
import {
  createNetworkTrainer,
  type NetworkTrainer,
  type TrainerState,
} from '../../src/compute/network-training/network-trainer.js';
import { createTrainableNetwork } from '../../src/compute/network-training/trainable-network.js';
import { GraphBuilder } from '../../src/networks/graph-builder.js';
import { initialHead } from '../../src/networks/heads.js';
import { createRandom } from '../../src/random.js';
import type { TrainedPart, OptimizerKind } from '../../src/words/training-settings.js';
import type { Tensor, TensorMap } from '../../src/words/architecture.js';

export interface ResumedTraining {
  part: TrainedPart;
  optimizer: OptimizerKind;
  firstStep: number;
  endStep: number;
  /** Of the thread that took the steps before. */
  state: TrainerState | null;
}
export interface ResumedAnswer {
  state: TrainerState;
  /** Over head and backbone as they are downloaded. */
  digest: string;
  tensorsLeft: number;
}

const [SIDE, CHANNELS, COUNT, CLASSES] = [24, 8, 6, 3];

/** A residual network in small, whose layers are called as ResNet18's. */
function buildTinyGraph() {
  const builder = new GraphBuilder();
  const norm = (name: string) => ({ name, epsilon: 1e-5, momentum: 0.1 });
  const stem = {
    name: 'conv1',
    channels: CHANNELS,
    kernel: 7,
    stride: 2,
    padding: 3,
    activation: 'relu',
  } as const;
  let maps = builder.conv(builder.input(1, SIDE), { ...stem, batchNorm: norm('bn1') });
  maps = builder.maxPool(maps, { kernel: 3, stride: 2, padding: 1 });
  const inner = { channels: CHANNELS, kernel: 3, padding: 1 };
  const second = builder.conv(maps, { ...inner, name: 'layer4.0.conv1', batchNorm: norm('layer4.0.bn1') });
  maps = builder.add(second, maps, 'relu');
  const features = builder.flatten(builder.globalAverage(maps));
  return builder.build({ features, lastMaps: maps, logits: null });
}

function drawTensor(name: string, shape: number[], low: number, high: number): Tensor {
  const random = createRandom(3, name);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, () => low + (high - low) * random.nextFloat()) };
}

function drawWeights(): TensorMap {
  const weights: TensorMap = new Map();
  const add = (name: string, shape: number[], low: number, high: number) =>
    weights.set(name, drawTensor(name, shape, low, high));
  add('conv1.weight', [CHANNELS, 1, 7, 7], -0.2, 0.2);
  add('layer4.0.conv1.weight', [CHANNELS, CHANNELS, 3, 3], -0.2, 0.2);
  for (const name of ['bn1', 'layer4.0.bn1']) {
    add(`${name}.weight`, [CHANNELS], 0.9, 1.1);
    add(`${name}.bias`, [CHANNELS], -0.1, 0.1);
    add(`${name}.running_mean`, [CHANNELS], -0.1, 0.1);
    add(`${name}.running_var`, [CHANNELS], 0.8, 1.2);
  }
  return weights;
}

function takeStep(trainer: NetworkTrainer, step: number): void {
  const { data } = drawTensor(`batch ${step}`, [COUNT, SIDE, SIDE, 1], -1, 1);
  const inputs = tf.tensor4d(data, [COUNT, SIDE, SIDE, 1]);
  const labels = Int32Array.from({ length: COUNT }, (_, row) => (row + step) % CLASSES);
  trainer.step(inputs, labels).dispose();
  inputs.dispose();
}

function digestOf(maps: TensorMap[]): string {
  const hash = createHash('sha256');
  for (const map of maps) for (const [name, { data }] of map) hash.update(name).update(data);
  return hash.digest('hex');
}

const { part, optimizer, firstStep, endStep, state } = workerData as ResumedTraining;
await startTensorflow();
const tensorsBefore = tf.memory().numTensors;
const network = createTrainableNetwork(buildTinyGraph(), drawWeights(), { part, architecture: 'resnet18' });
const trainer = createNetworkTrainer({
  network,
  head: initialHead('SINGLE', CHANNELS, CLASSES, 1),
  classCount: CLASSES,
  optimizer,
  learningRate: 0.01,
  backboneLearningRate: 0.001,
});
if (state !== null) trainer.resume(state);
for (let step = firstStep; step < endStep; step++) takeStep(trainer, step);
const saved = await trainer.save();
const digest = digestOf([await trainer.downloadHead(), await network.download()]);
trainer.dispose();
network.dispose();
const tensorsLeft = tf.memory().numTensors - tensorsBefore;
parentPort?.postMessage({ state: saved, digest, tensorsLeft } satisfies ResumedAnswer);
