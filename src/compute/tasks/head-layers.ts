import type * as tensorflow from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import type { TensorMap } from '../../words/architecture.js';
import type { LossRule } from '../../words/training-rules.js';
import { lossTargets } from './head-loss.js';

/** The functional part of TensorFlow.js, whichever package and backend it comes from. */
export type TensorFlow = typeof tensorflow;
export type Matrix = tensorflow.Tensor2D;
export type Parameter = tensorflow.Variable<tensorflow.Rank.R2>;

/** One linear layer in TensorFlow's layout: kernel [in, out], bias [1, out]. */
export interface LinearLayer {
  /** Its place in the published experiment's Sequential: `0`, `3` or `6`. */
  name: string;
  kernel: Parameter;
  bias: Parameter;
}

/** Uploads `N.weight` [out, in] and `N.bias` [out], in the order of N. The caller disposes of them. */
export function uploadLayers(tf: TensorFlow, parameters: TensorMap): LinearLayer[] {
  const names = [...parameters.keys()]
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length))
    .sort((left, right) => Number(left) - Number(right));
  const upload = (create: () => Matrix): Parameter => tf.tidy(() => tf.variable(create()));
  return names.map((name) => {
    const weight = parameters.get(`${name}.weight`);
    const bias = parameters.get(`${name}.bias`);
    if (weight === undefined || bias === undefined || weight.shape.length !== 2) {
      throw new GelqlError('INTERNAL', `the head's layer ${name} is incomplete`);
    }
    const [outputs = 0, inputs = 0] = weight.shape;
    return {
      name,
      kernel: upload(() => tf.transpose(tf.tensor2d(weight.data, [outputs, inputs]))),
      bias: upload(() => tf.tensor2d(bias.data, [1, outputs])),
    };
  });
}

/** The layers back in torch layout and names. */
export async function downloadLayers(tf: TensorFlow, layers: readonly LinearLayer[]): Promise<TensorMap> {
  const parameters: TensorMap = new Map();
  for (const { name, kernel, bias } of layers) {
    const weight = tf.tidy(() => tf.transpose(kernel));
    const [outputs = 0, inputs = 0] = weight.shape;
    parameters.set(`${name}.weight`, { shape: [outputs, inputs], data: await weight.data<'float32'>() });
    parameters.set(`${name}.bias`, { shape: [outputs], data: await bias.data<'float32'>() });
    weight.dispose();
  }
  return parameters;
}

/** Inputs [n, D] to logits [n, C], nothing dropped out. Call inside `tf.tidy`. */
export function computeLogits(tf: TensorFlow, layers: readonly LinearLayer[], inputs: Matrix): Matrix {
  return layers.reduce((values, { kernel, bias }, index) => {
    const sums: Matrix = tf.add(tf.matMul(values, kernel), bias);
    return index < layers.length - 1 ? tf.relu(sums) : sums;
  }, inputs);
}

export interface Slope {
  parameter: tensorflow.Variable;
  /** Gradient of the loss over the batch. */
  gradient: tensorflow.Tensor;
}

export interface HeadSlopes {
  logits: Matrix;
  slopes: Slope[];
  /** Gradient by the inputs of the head, for what computes them. */
  inputSlope: () => Matrix;
}

/** The targets of a batch in the backend's memory; see LossTargets. */
export interface UploadedTargets {
  /** [n, C] */
  targets: Matrix;
  /** [n, 1] */
  rowSums: Matrix;
  total: number;
}

/** Call inside `tf.tidy`. */
export function uploadTargets(
  tf: TensorFlow,
  labels: Int32Array,
  classCount: number,
  rule: LossRule,
): UploadedTargets {
  const { targets, rowSums, total } = lossTargets(labels, classCount, rule);
  return {
    targets: tf.tensor2d(targets, [labels.length, classCount]),
    rowSums: tf.tensor2d(rowSums, [labels.length, 1]),
    total,
  };
}

/**
 * One forward and backward pass. The gradients are written out because TensorFlow.js takes the gradient of a product
 * with transpose flags, which the wasm backend does not vectorise (x^T d: 16.9 ms, with an explicit transpose 2.2 ms),
 * and because taping costs as much as the single layer itself. Call inside `tf.tidy`.
 * @param masks one per hidden layer, 0 where a value is dropped and 1 / (1 - rate) where it stays; null drops nothing
 * @param loss as `uploadTargets` gives it
 */
export function differentiate(
  tf: TensorFlow,
  layers: readonly LinearLayer[],
  batch: { inputs: Matrix; loss: UploadedTargets; masks: readonly Matrix[] | null },
): HeadSlopes {
  const { inputs, loss, masks } = batch;
  const entering: Matrix[] = [];
  const logits = layers.reduce((values, { kernel, bias }, index) => {
    entering.push(values);
    const sums: Matrix = tf.add(tf.matMul(values, kernel), bias);
    if (index === layers.length - 1) return sums;
    const mask = masks?.[index];
    return mask === undefined ? tf.relu(sums) : tf.mul<Matrix>(tf.relu(sums), mask);
  }, inputs);

  const expected = tf.mul<Matrix>(tf.softmax(logits), loss.rowSums);
  let delta = tf.mul<Matrix>(tf.sub(expected, loss.targets), 1 / loss.total);
  const slopes: Slope[] = [];
  for (let index = layers.length - 1; index >= 0; index--) {
    const values = entering[index];
    const layer = layers[index];
    if (values === undefined || layer === undefined) break;
    slopes.push({ parameter: layer.kernel, gradient: tf.matMul(tf.transpose(values), delta) });
    slopes.push({ parameter: layer.bias, gradient: tf.sum<Matrix>(delta, 0, true) });
    if (index === 0) break;
    // A hidden value is positive exactly where it passed both the rectifier and the dropout.
    const passed = tf.cast<Matrix>(tf.greater(values, 0), 'float32');
    const mask = masks?.[index - 1];
    const gate = mask === undefined ? passed : tf.mul<Matrix>(passed, mask);
    delta = tf.mul(tf.matMul(delta, tf.transpose(layer.kernel)), gate);
  }
  const inputSlope = () => {
    const [first] = layers;
    if (first === undefined) throw new RangeError('a head has at least one layer');
    return tf.matMul<Matrix>(delta, tf.transpose(first.kernel));
  };
  return { logits, slopes, inputSlope };
}
