import { PLAIN_RULES } from '../src/words/training-rules.js';
import * as tf from '@tensorflow/tfjs-core';
import { startTensorflow } from '../src/compute/engines/tensorflow.js';
import { createNetworkTrainer } from '../src/compute/network-training/network-trainer.js';
import { createTrainableNetwork } from '../src/compute/network-training/trainable-network.js';
import { buildGraph } from '../src/networks/build-graph.js';
import { extentAt, nodeAt } from '../src/networks/graph.js';
import { initialHead } from '../src/networks/heads.js';
import { cutGraph, planesOf } from '../src/networks/trainable-part.js';
import { TRAINED_PARTS, type TrainedPart } from '../src/words/training-settings.js';
import { formulaWeights } from '../test/support/formula-weights.js';
import type { Architecture } from '../src/words/architecture.js';

/** Seconds of one step of training inside the network, at the published experiment's batch. */

const ARCHITECTURES: Architecture[] = ['resnet18', 'mobilenet_v3_large'];
const BATCH = 23;
const STEPS = 5;
const SALT = 5;

async function timeSteps(architecture: Architecture, part: TrainedPart): Promise<number[]> {
  const whole = buildGraph(architecture, 'reference', planesOf(part));
  const { trained } = cutGraph(whole, part, architecture);
  const weights = formulaWeights(architecture, SALT);
  const stem = whole.nodes.find((node) => node.op === 'conv');
  if (part === 'STEM_AND_HEAD' && stem !== undefined) {
    const shape = [extentAt(stem, 0), 1, stem.kernel, stem.kernel];
    const size = shape.reduce((product, extent) => product * extent, 1);
    weights.set(`${stem.name}.weight`, { shape, data: new Float32Array(size).fill(1 / stem.kernel ** 2) });
  }
  const network = createTrainableNetwork(trained, weights, { part, architecture });
  const featureSize = extentAt(nodeAt(whole, whole.outputs.features), 0);
  const trainer = createNetworkTrainer({
    network,
    head: initialHead('SINGLE', featureSize, 2, 1),
    classCount: 2,
    optimizer: 'ADAM',
    learningRate: 1e-6,
    backboneLearningRate: 1e-6,
    rules: PLAIN_RULES,
  });
  const [channels = 0, height = 0, width = 0] = nodeAt(trained, 0).shape;
  const inputs = tf.randomUniform<tf.Rank.R4>([BATCH, height, width, channels], 0, 1, 'float32', 1);
  const labels = Int32Array.from({ length: BATCH }, (_, index) => index % 2);
  const seconds: number[] = [];
  for (let step = 0; step <= STEPS; step++) {
    const startedAt = performance.now();
    const logits = trainer.step(inputs, labels);
    await logits.data();
    logits.dispose();
    // The first step starts threads and takes memory.
    if (step > 0) seconds.push((performance.now() - startedAt) / 1000);
  }
  trainer.dispose();
  network.dispose();
  inputs.dispose();
  return seconds.sort((left, right) => left - right);
}

await startTensorflow();
console.log(
  'network              part           seconds a step, median and fastest   MB resident at most so far',
);
for (const architecture of ARCHITECTURES) {
  for (const part of TRAINED_PARTS) {
    const seconds = await timeSteps(architecture, part);
    const [median = NaN, fastest = NaN] = [seconds[Math.floor(STEPS / 2)], seconds[0]];
    const times = `${median.toFixed(2)} ${fastest.toFixed(2)}`;
    const residentMb = Math.round(process.resourceUsage().maxRSS / 1024);
    console.log(`${architecture.padEnd(20)} ${part.padEnd(14)} ${times.padEnd(36)} ${residentMb}`);
  }
}
