import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { readConfig } from '../../src/config.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import {
  createNetworkTrainer,
  type NetworkTrainerOptions,
} from '../../src/compute/network-training/network-trainer.js';
import { createTrainableNetwork } from '../../src/compute/network-training/trainable-network.js';
import { scoreLogits } from '../../src/compute/tasks/head-loss.js';
import type { Tensor, TensorMap } from '../../src/words/architecture.js';
import type { EngineName } from '../../src/words/device.js';
import { formulaTensor } from './formula-weights.js';
import { buildTinyGraph, TINY_CHANNELS, TINY_SIDE } from './tiny-network.js';

export interface TinyTraining extends Omit<NetworkTrainerOptions, 'network' | 'head' | 'classCount'> {
  engine: EngineName;
  steps: number;
}
export interface TinyOutcome {
  losses: number[];
  /** What training moved, torch layout. */
  moved: TensorMap;
  tensorsLeft: number;
}

/** As test/golden/training_rules.py has them. */
const [SALT, COUNT, CLASSES] = [3, 6, 3];

function formulaWeights(): TensorMap {
  const norms = ['bn1', 'layer4.0.bn1'].flatMap((name): [string, Tensor][] => {
    const centred = (part: string, centre: number, scale: number): [string, Tensor] => {
      const { shape, data } = formulaTensor(`${name}.${part}`, [TINY_CHANNELS], SALT, scale);
      return [`${name}.${part}`, { shape, data: data.map((value) => centre + value) }];
    };
    return [
      centred('weight', 0, 0.2),
      centred('bias', 0, 0.1),
      centred('running_mean', 0, 0.1),
      centred('running_var', 1, 0.2),
    ];
  });
  const convolution = (name: string, shape: number[]): [string, Tensor] => [
    name,
    formulaTensor(name, shape, SALT, 0.2),
  ];
  return new Map([
    convolution('conv1.weight', [TINY_CHANNELS, 1, 7, 7]),
    convolution('layer4.0.conv1.weight', [TINY_CHANNELS, TINY_CHANNELS, 3, 3]),
    ...norms,
  ]);
}

async function train({ engine, steps, ...options }: TinyTraining): Promise<TinyOutcome> {
  await ENGINES[engine].create({
    threads: 1,
    softwareGpu: true,
    card: null,
    cacheDir: readConfig().cacheDir,
  });
  const tensorsBefore = tf.memory().numTensors;
  const network = createTrainableNetwork(buildTinyGraph(), formulaWeights(), {
    part: 'ALL',
    architecture: 'resnet18',
  });
  const head = new Map([
    ['0.weight', formulaTensor('head.weight', [CLASSES, TINY_CHANNELS], SALT, 0.4)],
    ['0.bias', formulaTensor('head.bias', [CLASSES], SALT, 0.05)],
  ]);
  const trainer = createNetworkTrainer({ ...options, network, head, classCount: CLASSES });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const { data } = formulaTensor(`batch ${step}`, [COUNT, TINY_SIDE, TINY_SIDE, 1], SALT, 1);
    const inputs = tf.tensor4d(data, [COUNT, TINY_SIDE, TINY_SIDE, 1]);
    const labels = Int32Array.from({ length: COUNT }, (_, row) => (row * row + step) % CLASSES);
    const logits = trainer.step(inputs, labels);
    const { lossSum, weightSum } = scoreLogits(await logits.data<'float32'>(), labels, options.rules.loss);
    losses.push(lossSum / weightSum);
    tf.dispose([inputs, logits]);
  }
  const moved = await network.download();
  trainer.dispose();
  network.dispose();
  return { losses, moved, tensorsLeft: tf.memory().numTensors - tensorsBefore };
}

parentPort?.postMessage(await train(workerData as TinyTraining));
