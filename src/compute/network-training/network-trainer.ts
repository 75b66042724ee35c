import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorMap } from '../../words/architecture.js';
import type { OptimizerKind } from '../../words/training-settings.js';
import type { TrainingRules } from '../../words/training-rules.js';
import {
  computeLogits,
  differentiate,
  downloadLayers,
  uploadLayers,
  uploadTargets,
  type Matrix,
} from '../tasks/head-layers.js';
import { createOptimizer, type Optimizer } from '../tasks/head-optimizers.js';
import { rateShare } from '../tasks/rate-share.js';
import type { TrainableNetwork } from './trainable-network.js';

export interface NetworkTrainerOptions {
  network: TrainableNetwork;
  /** Initial values of the head, torch layout and names. */
  head: TensorMap;
  classCount: number;
  optimizer: OptimizerKind;
  learningRate: number;
  /** Learning rate of everything but the head. */
  backboneLearningRate: number;
  rules: TrainingRules;
}

/** What is dropped in one step; where absent nothing is. */
export interface StepMasks {
  /** One per hidden layer of the head. */
  head?: readonly Matrix[] | undefined;
  /** By the name of the backbone's linear layer before them. */
  backbone?: ReadonlyMap<string, Matrix> | undefined;
}

/** Plain values, in the layout of the backend; the same bits after `resume` as before `save`. */
export interface TrainerState {
  stepCount: number;
  /** `parameter/OWNER/NAME` for what moves, `sum/K/OWNER/NAME` for the K-th running sum of its optimizer. */
  tensors: TensorMap;
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
  /** Everything that the next step follows from besides its batch. */
  save(): Promise<TrainerState>;
  /** Goes on where `save` was called on a trainer with the same options. To be called before the first step. */
  resume(state: TrainerState): void;
  /** What moves, as in the tensors of `save`. */
  saveParameters(): Promise<TensorMap>;
  /** Takes what `saveParameters` gave back; the running sums stay. */
  loadParameters(tensors: TensorMap): void;
  /** The head in torch layout and names. */
  downloadHead(): Promise<TensorMap>;
  /** Frees head and optimizers; the network is the caller's. */
  dispose(): void;
}

export function createNetworkTrainer(options: NetworkTrainerOptions): NetworkTrainer {
  const { network, classCount, rules } = options;
  const { optimizer: kind, learningRate, backboneLearningRate } = options;
  const { weightDecay } = rules;
  const layers = uploadLayers(tf, options.head);
  const headOptimizer = createOptimizer(tf, { kind, learningRate, weightDecay });
  const backboneOptimizer = createOptimizer(tf, {
    kind,
    learningRate: backboneLearningRate,
    weightDecay,
  });
  let stepCount = 0;
  const headVariables = new Map(
    layers.flatMap(({ name, kernel, bias }): [string, tf.Variable][] => [
      [`${name}.weight`, kernel],
      [`${name}.bias`, bias],
    ]),
  );
  const owners: Owner[] = [
    { prefix: 'head', variables: headVariables, optimizer: headOptimizer },
    { prefix: 'backbone', variables: network.moving(), optimizer: backboneOptimizer },
  ];
  return {
    step: (inputs, labels, drawMasks = () => ({})) =>
      tf.tidy(() => {
        const masks = drawMasks();
        const pass = network.record(inputs, masks.backbone);
        const { logits, slopes, inputSlope } = differentiate(tf, layers, {
          inputs: pass.features,
          loss: uploadTargets(tf, labels, classCount, rules.loss),
          masks: masks.head ?? null,
        });
        const backboneSlopes = pass.backward(inputSlope());
        const share = rateShare(rules.rate, stepCount++);
        headOptimizer.step(slopes, share);
        backboneOptimizer.step(backboneSlopes, share);
        return logits;
      }),
    evaluate: (inputs) => tf.tidy(() => computeLogits(tf, layers, network.evaluate(inputs))),
    save: async () => ({ stepCount, tensors: await copyAll(owners.flatMap(listState)) }),
    resume(state) {
      stepCount = state.stepCount;
      for (const owner of owners) resumeOwner(owner, state);
    },
    saveParameters: () => copyAll(owners.flatMap(listParameters)),
    loadParameters(tensors) {
      for (const owner of owners) loadOwner(owner, tensors);
    },
    downloadHead: () => downloadLayers(tf, layers),
    dispose() {
      headOptimizer.dispose();
      backboneOptimizer.dispose();
      tf.dispose(layers.flatMap(({ kernel, bias }) => [kernel, bias]));
    },
  };
}

/** Variables that one optimizer moves, or that a step moves beside it. */
interface Owner {
  prefix: string;
  variables: ReadonlyMap<string, tf.Variable>;
  optimizer: Optimizer;
}

function listState(owner: Owner): [string, tf.Tensor][] {
  const { prefix, variables, optimizer } = owner;
  const sums = [...variables].flatMap(([name, variable]) =>
    optimizer.sums.flatMap((sums, place): [string, tf.Tensor][] => {
      const sum = sums.get(variable);
      return sum === undefined ? [] : [[sumKey(prefix, name, place), sum]];
    }),
  );
  return [...listParameters(owner), ...sums];
}

function listParameters({ prefix, variables }: Owner): [string, tf.Tensor][] {
  return [...variables].map(([name, variable]) => [parameterKey(prefix, name), variable]);
}

function loadOwner({ prefix, variables }: Owner, tensors: TensorMap): void {
  tf.tidy(() => {
    for (const [name, variable] of variables) {
      const value = tensors.get(parameterKey(prefix, name));
      if (value === undefined) throw new RangeError(`the state lacks ${prefix}/${name}`);
      variable.assign(upload(value));
    }
  });
}

function resumeOwner(owner: Owner, { stepCount, tensors }: TrainerState): void {
  const { prefix, variables, optimizer } = owner;
  loadOwner(owner, tensors);
  tf.tidy(() => {
    const sums = optimizer.sums.map((_, place) => {
      const found = [...variables].flatMap(([name, variable]): [tf.Variable, tf.Tensor][] => {
        const value = tensors.get(sumKey(prefix, name, place));
        return value === undefined ? [] : [[variable, upload(value)]];
      });
      return new Map(found);
    });
    optimizer.resume(stepCount, sums);
  });
}

/** The keys of parameters begin with it. */
export const PARAMETER_PREFIX = 'parameter/';

function parameterKey(prefix: string, name: string): string {
  return `${PARAMETER_PREFIX}${prefix}/${name}`;
}

function sumKey(prefix: string, name: string, place: number): string {
  return `sum/${place}/${prefix}/${name}`;
}

function upload({ shape, data }: Tensor): tf.Tensor {
  return tf.tensor(data, [...shape], 'float32');
}

async function copyAll(named: readonly [string, tf.Tensor][]): Promise<TensorMap> {
  const copies: TensorMap = new Map();
  for (const [key, tensor] of named) copies.set(key, await copyOf(tensor));
  return copies;
}

async function copyOf(tensor: tf.Tensor): Promise<Tensor> {
  return { shape: [...tensor.shape], data: Float32Array.from(await tensor.data<'float32'>()) };
}
