import * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from '../../networks/architecture.js';
import type { OptimizerKind } from '../../training/configuration.js';
import { oneHot } from '../tasks/head-batches.js';
import {
  computeLogits,
  differentiate,
  downloadLayers,
  uploadLayers,
  type Matrix,
} from '../tasks/head-layers.js';
import { createOptimizer } from '../tasks/head-optimizers.js';
import type { TrainableNetwork } from './trainable-network.js';

export interface NetworkTrainerOptions {
  network: TrainableNetwork;
  /** Initial values of the head, torch layout and names. */
  head: TensorMap;
  classCount: number;
  optimizer: OptimizerKind;
  learningRate: number;
  /** Of everything but the head. */
  backboneLearningRate: number;
}

/** What is dropped in one step; where absent nothing is. */
export interface StepMasks {
  /** One per hidden layer of the head. */
  head?: readonly Matrix[] | undefined;
  /** By the name of the backbone's linear layer before them. */
  backbone?: ReadonlyMap<string, Matrix> | undefined;
}

/** Moves a network and its head together. */
export interface NetworkTrainer {
  /**
   * One step on a batch.
   * @param drawMasks called inside the step's `tf.tidy`
   * @returns the batch's logits [n, C] before the step; the caller disposes of them
   */
  step(inputs: tf.Tensor4D, labels: Int32Array, drawMasks?: () => StepMasks): Matrix;
  /** Logits in eval mode. The caller disposes of them. */
  evaluate(inputs: tf.Tensor4D): Matrix;
  /** The head in torch layout and names. */
  downloadHead(): Promise<TensorMap>;
  /** Of head and optimizers; the network is the caller's. */
  dispose(): void;
}

export function createNetworkTrainer(options: NetworkTrainerOptions): NetworkTrainer {
  const { network, classCount, optimizer } = options;
  const layers = uploadLayers(tf, options.head);
  const headOptimizer = createOptimizer(tf, optimizer, options.learningRate);
  const backboneOptimizer = createOptimizer(tf, optimizer, options.backboneLearningRate);
  return {
    step: (inputs, labels, drawMasks = () => ({})) =>
      tf.tidy(() => {
        const masks = drawMasks();
        const pass = network.record(inputs, masks.backbone);
        const targets = tf.tensor2d(oneHot(labels, classCount), [labels.length, classCount]);
        const { logits, slopes, inputSlope } = differentiate(tf, layers, {
          inputs: pass.features,
          targets,
          masks: masks.head ?? null,
        });
        const backboneSlopes = pass.backward(inputSlope());
        headOptimizer.step(slopes);
        backboneOptimizer.step(backboneSlopes);
        return logits;
      }),
    evaluate: (inputs) => tf.tidy(() => computeLogits(tf, layers, network.evaluate(inputs))),
    downloadHead: () => downloadLayers(tf, layers),
    dispose() {
      headOptimizer.dispose();
      backboneOptimizer.dispose();
      tf.dispose(layers.flatMap(({ kernel, bias }) => [kernel, bias]));
    },
  };
}
