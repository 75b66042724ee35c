import { PLAIN_RULES } from '../../src/words/training-rules.js';
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
import { initialHead } from '../../src/networks/heads.js';
import { createRandom } from '../../src/random.js';
import type { TrainedPart, OptimizerKind } from '../../src/words/training-settings.js';
import type { Tensor, TensorMap } from '../../src/words/architecture.js';
import { buildTinyGraph, TINY_CHANNELS, TINY_SIDE } from './tiny-network.js';

export interface ResumedTraining {
  part: TrainedPart;
  optimizer: OptimizerKind;
  firstStep: number;
  endStep: number;
  /** Checkpoint of the thread that took the steps before. */
  state: TrainerState | null;
}
export interface ResumedAnswer {
  state: TrainerState;
  /** Over head and backbone as they are downloaded. */
  digest: string;
  tensorsLeft: number;
}

const [COUNT, CLASSES] = [6, 3];

function drawTensor(name: string, shape: number[], low: number, high: number): Tensor {
  const random = createRandom(3, name);
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length: size }, () => low + (high - low) * random.nextFloat()) };
}

function drawWeights(): TensorMap {
  const weights: TensorMap = new Map();
  const add = (name: string, shape: number[], low: number, high: number) =>
    weights.set(name, drawTensor(name, shape, low, high));
  add('conv1.weight', [TINY_CHANNELS, 1, 7, 7], -0.2, 0.2);
  add('layer4.0.conv1.weight', [TINY_CHANNELS, TINY_CHANNELS, 3, 3], -0.2, 0.2);
  for (const name of ['bn1', 'layer4.0.bn1']) {
    add(`${name}.weight`, [TINY_CHANNELS], 0.9, 1.1);
    add(`${name}.bias`, [TINY_CHANNELS], -0.1, 0.1);
    add(`${name}.running_mean`, [TINY_CHANNELS], -0.1, 0.1);
    add(`${name}.running_var`, [TINY_CHANNELS], 0.8, 1.2);
  }
  return weights;
}

function takeStep(trainer: NetworkTrainer, step: number): void {
  const { data } = drawTensor(`batch ${step}`, [COUNT, TINY_SIDE, TINY_SIDE, 1], -1, 1);
  const inputs = tf.tensor4d(data, [COUNT, TINY_SIDE, TINY_SIDE, 1]);
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
  head: initialHead('SINGLE', TINY_CHANNELS, CLASSES, 1),
  classCount: CLASSES,
  optimizer,
  learningRate: 0.01,
  backboneLearningRate: 0.001,
  rules: PLAIN_RULES,
});
if (state !== null) trainer.resume(state);
for (let step = firstStep; step < endStep; step++) takeStep(trainer, step);
const saved = await trainer.save();
const digest = digestOf([await trainer.downloadHead(), await network.download()]);
trainer.dispose();
network.dispose();
const tensorsLeft = tf.memory().numTensors - tensorsBefore;
parentPort?.postMessage({ state: saved, digest, tensorsLeft } satisfies ResumedAnswer);
