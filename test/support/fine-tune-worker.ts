import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { buildGraph } from '../../src/networks/graph.js';
import { extentAt, nodeAt } from '../../src/networks/graph-builder.js';
import { cutGraph, planesOf } from '../../src/networks/trainable-part.js';
import { scoreLogits } from '../../src/compute/tasks/head-score.js';
import { createNetworkTrainer } from '../../src/compute/network-training/network-trainer.js';
import { createTrainableNetwork } from '../../src/compute/network-training/trainable-network.js';
import { compileForTensorflow, startTensorflow } from '../../src/compute/engines/tensorflow.js';
import type { TensorMap } from '../../src/networks/architecture.js';
import { formulaPictures, formulaTensor, formulaWeights } from './formula-weights.js';
import type { FineTuneCase, FineTuneOutcome } from './fine-tune-case.js';

const CLASS_COUNT = 2;

const { fixture } = workerData as { fixture: FineTuneCase };
const { network: architecture, mode: part, n, salt } = fixture;
await startTensorflow();
const planes = planesOf(part);
const whole = buildGraph(architecture, 'reference', planes);
const { frozen, trained } = cutGraph(whole, part, architecture);
const featureSize = extentAt(nodeAt(whole, whole.outputs.features), 0);
const tensors = weightsOf();
const inputs = await inputsOfTrained();
const tensorsBefore = tf.memory().numTensors;
const outcome = await train();
parentPort?.postMessage({ ...outcome, tensorsLeft: tf.memory().numTensors - tensorsBefore });

/** The formula's weights; where the first convolution is a new one, with that. */
function weightsOf(): TensorMap {
  const weights = formulaWeights(architecture, salt);
  const stem = whole.nodes.find((node) => node.op === 'conv');
  if (planes === 3 || stem === undefined) return weights;
  const { kernel } = stem;
  const shape = [extentAt(stem, 0), 1, kernel, kernel];
  weights.set(`${stem.name}.weight`, formulaTensor('stem.weight', shape, salt, Math.sqrt(3 / kernel ** 2)));
  if (stem.hasBias) {
    weights.set(`${stem.name}.bias`, formulaTensor('stem.bias', [extentAt(stem, 0)], salt, 0.05));
  }
  return weights;
}

/** The pictures, or what the frozen side makes of them. */
async function inputsOfTrained(): Promise<tf.Tensor4D> {
  const grey = formulaPictures(salt, n).map((value) => (value - 0.485) / 0.229);
  const values =
    planes === 1
      ? grey
      : Float32Array.from({ length: grey.length * 3 }, (_, index) => grey[Math.floor(index / 3)] ?? 0);
  const [channels = 0, height = 0, width = 0] = nodeAt(trained, 0).shape;
  if (frozen === null) return tf.tensor4d(values, [n, height, width, channels]);
  const prefix = await compileForTensorflow(frozen, tensors);
  const { features } = await prefix.run(values, n, ['features']);
  await prefix.release();
  return tf.tensor4d(features, [n, height, width, channels]);
}

async function train(): Promise<Omit<FineTuneOutcome, 'tensorsLeft'>> {
  const head: TensorMap = new Map([
    ['0.weight', formulaTensor('head.weight', [CLASS_COUNT, featureSize], salt, Math.sqrt(3 / featureSize))],
    ['0.bias', formulaTensor('head.bias', [CLASS_COUNT], salt, 0.05)],
  ]);
  const network = createTrainableNetwork(trained, tensors, { part, architecture });
  const trainer = createNetworkTrainer({
    network,
    head,
    classCount: CLASS_COUNT,
    optimizer: fixture.optimizer === 'adam' ? 'ADAM' : 'SGD',
    learningRate: fixture.learning_rate,
    backboneLearningRate: fixture.learning_rate,
  });
  const labels = Int32Array.from({ length: n }, (_, index) => index % CLASS_COUNT);
  const losses: number[] = [];
  const startedAt = performance.now();
  for (let step = 0; step < fixture.losses.length; step++) {
    const logits = trainer.step(inputs, labels);
    losses.push(scoreLogits(await logits.data<'float32'>(), labels).lossSum / n);
    logits.dispose();
  }
  const secondsPerStep = (performance.now() - startedAt) / 1000 / fixture.losses.length;
  const after = trainer.evaluate(inputs);
  const logits = Float32Array.from(await after.data<'float32'>());
  after.dispose();
  const trainedHead = await trainer.downloadHead();
  const moved = await network.download();
  trainer.dispose();
  network.dispose();
  return { losses, logits, head: trainedHead, moved, secondsPerStep };
}
