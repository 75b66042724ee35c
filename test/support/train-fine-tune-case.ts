import { PLAIN_LOSS, PLAIN_RULES } from '../../src/words/training-rules.js';
import * as tf from '@tensorflow/tfjs-core';
import type { CompileNetwork } from '../../src/compute/engines/network.js';
import { createNetworkTrainer } from '../../src/compute/network-training/network-trainer.js';
import {
  createTrainableNetwork,
  type TrainableNetwork,
} from '../../src/compute/network-training/trainable-network.js';
import { scoreLogits } from '../../src/compute/tasks/head-loss.js';
import type { TensorMap } from '../../src/words/architecture.js';
import { buildGraph } from '../../src/networks/build-graph.js';
import { extentAt, nodeAt, type Graph } from '../../src/networks/graph.js';
import { cutGraph, planesOf } from '../../src/networks/trainable-part.js';
import type { FineTuneCase, FineTuneOutcome } from './compare-fine-tune.js';
import { formulaPictures, formulaTensor, formulaWeights } from './formula-weights.js';

const CLASS_COUNT = 2;

/** Trains as a case says, on the backend of TensorFlow.js that is set. @param compile of the same engine */
export async function trainFineTuneCase(
  fixture: FineTuneCase,
  compile: CompileNetwork,
): Promise<FineTuneOutcome> {
  const { network: architecture, mode: part, n } = fixture;
  const whole = buildGraph(architecture, 'reference', planesOf(part));
  const { frozen, trained } = cutGraph(whole, part, architecture);
  const tensors = weightsOf(fixture, whole);
  const values = picturesOf(fixture);
  const [channels = 0, height = 0, width = 0] = nodeAt(trained, 0).shape;
  const prefix = frozen && (await compile(frozen, tensors));
  const maps = prefix === null ? values : (await prefix.run(values, n, ['features'])).features;
  await prefix?.release();
  const tensorsBefore = tf.memory().numTensors;
  const inputs = tf.tensor4d(maps, [n, height, width, channels]);
  const network = createTrainableNetwork(trained, tensors, { part, architecture });
  const outcome = await train(fixture, network, extentAt(nodeAt(whole, whole.outputs.features), 0), inputs);
  inputs.dispose();
  return { ...outcome, tensorsLeft: tf.memory().numTensors - tensorsBefore };
}

/** The formula's weights; where the first convolution is a new one, with that. */
function weightsOf({ network, mode, salt }: FineTuneCase, whole: Graph): TensorMap {
  const weights = formulaWeights(network, salt);
  const stem = whole.nodes.find((node) => node.op === 'conv');
  if (planesOf(mode) === 3 || stem === undefined) return weights;
  const { kernel } = stem;
  const shape = [extentAt(stem, 0), 1, kernel, kernel];
  weights.set(`${stem.name}.weight`, formulaTensor('stem.weight', shape, salt, Math.sqrt(3 / kernel ** 2)));
  if (stem.hasBias) {
    weights.set(`${stem.name}.bias`, formulaTensor('stem.bias', [extentAt(stem, 0)], salt, 0.05));
  }
  return weights;
}

/** Normalised, NHWC. */
function picturesOf({ mode, n, salt }: FineTuneCase): Float32Array {
  const grey = formulaPictures(salt, n).map((value) => (value - 0.485) / 0.229);
  if (planesOf(mode) === 1) return grey;
  return Float32Array.from({ length: grey.length * 3 }, (_, index) => grey[Math.floor(index / 3)] ?? 0);
}

async function train(
  { salt, n, ...fixture }: FineTuneCase,
  network: TrainableNetwork,
  featureSize: number,
  inputs: tf.Tensor4D,
): Promise<Omit<FineTuneOutcome, 'tensorsLeft'>> {
  const head: TensorMap = new Map([
    ['0.weight', formulaTensor('head.weight', [CLASS_COUNT, featureSize], salt, Math.sqrt(3 / featureSize))],
    ['0.bias', formulaTensor('head.bias', [CLASS_COUNT], salt, 0.05)],
  ]);
  const trainer = createNetworkTrainer({
    network,
    head,
    classCount: CLASS_COUNT,
    optimizer: fixture.optimizer === 'adam' ? 'ADAM' : 'SGD',
    learningRate: fixture.learning_rate,
    backboneLearningRate: fixture.learning_rate,
    rules: PLAIN_RULES,
  });
  const labels = Int32Array.from({ length: n }, (_, index) => index % CLASS_COUNT);
  const losses: number[] = [];
  const startedAt = performance.now();
  for (let step = 0; step < fixture.losses.length; step++) {
    const logits = trainer.step(inputs, labels);
    losses.push(scoreLogits(await logits.data<'float32'>(), labels, PLAIN_LOSS).lossSum / n);
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
