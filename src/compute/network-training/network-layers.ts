import * as tf from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import type { Tensor, TensorMap } from '../../words/architecture.js';
import type { ConvNode, LinearNode } from '../../networks/graph.js';

/** The running state of a BatchNorm with its learned part, each [channels]. */
export interface NormParameters {
  weight: tf.Variable<tf.Rank.R1>;
  bias: tf.Variable<tf.Rank.R1>;
  mean: tf.Variable<tf.Rank.R1>;
  variance: tf.Variable<tf.Rank.R1>;
  epsilon: number;
  momentum: number;
}

/**
 * A convolution or linear layer in the backend's memory: kernels [h, w, in, out], depthwise [h, w, channels, 1], linear
 * ones [out, in] as torch has them.
 */
export interface NetworkLayer {
  node: ConvNode | LinearNode;
  kernel: tf.Variable;
  bias: tf.Variable<tf.Rank.R1> | null;
  norm: NormParameters | null;
}

/** Kernel and bias in which a BatchNorm by its running statistics is folded. */
export interface FoldedKernel {
  kernel: tf.Tensor;
  bias: tf.Tensor1D;
}

/** Takes a layer's parameters out of `tensors`. @throws GelqlError WEIGHTS_INVALID where one is missing */
export function uploadLayer(node: ConvNode | LinearNode, tensors: TensorMap): NetworkLayer {
  const take = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new GelqlError('WEIGHTS_INVALID', `The weights lack ${name}.`);
    tensors.delete(name);
    return tensor;
  };
  const vector = (name: string) => tf.tidy(() => tf.variable<tf.Rank.R1>(tf.tensor1d(take(name).data)));
  const kernel = tf.tidy(() => tf.variable(toBackendLayout(node, take(`${node.name}.weight`))));
  const hasBias = node.op === 'linear' || node.hasBias;
  const batchNorm = node.op === 'conv' ? node.batchNorm : null;
  return {
    node,
    kernel,
    bias: hasBias ? vector(`${node.name}.bias`) : null,
    norm: batchNorm && {
      weight: vector(`${batchNorm.name}.weight`),
      bias: vector(`${batchNorm.name}.bias`),
      mean: vector(`${batchNorm.name}.running_mean`),
      variance: vector(`${batchNorm.name}.running_var`),
      epsilon: batchNorm.epsilon,
      momentum: batchNorm.momentum,
    },
  };
}

/** Every tensor of a layer by torchvision's name. */
export function listParameters({ node, kernel, bias, norm }: NetworkLayer): [string, tf.Variable][] {
  const parameters: [string, tf.Variable][] = [[`${node.name}.weight`, kernel]];
  if (bias !== null) parameters.push([`${node.name}.bias`, bias]);
  if (norm !== null && node.op === 'conv' && node.batchNorm !== null) {
    const { name } = node.batchNorm;
    parameters.push([`${name}.weight`, norm.weight], [`${name}.bias`, norm.bias]);
    parameters.push([`${name}.running_mean`, norm.mean], [`${name}.running_var`, norm.variance]);
  }
  return parameters;
}

/** One parameter of a layer back in torch's layout. */
export async function downloadParameter(layer: NetworkLayer, parameter: tf.Variable): Promise<Tensor> {
  const isKernel = parameter === layer.kernel;
  const values = tf.tidy(() =>
    isKernel && layer.node.op === 'conv'
      ? tf.transpose(parameter, layer.node.groups > 1 ? [2, 3, 0, 1] : [3, 2, 0, 1])
      : tf.clone(parameter),
  );
  const tensor = { shape: [...values.shape], data: Float32Array.from(await values.data<'float32'>()) };
  values.dispose();
  return tensor;
}

function toBackendLayout(node: ConvNode | LinearNode, { shape, data }: Tensor): tf.Tensor {
  if (node.op === 'linear') return tf.tensor2d(data, shape as [number, number]);
  const kernel = tf.tensor4d(data, shape as [number, number, number, number]);
  return tf.transpose(kernel, node.groups > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0]);
}

/** Folds a BatchNorm by its running statistics into its convolution. Call inside `tf.tidy`. */
export function foldLayer({ node, kernel, bias, norm }: NetworkLayer): FoldedKernel {
  if (norm === null) {
    if (bias === null) throw new RangeError(`${node.name} has neither a bias nor a BatchNorm`);
    return { kernel, bias };
  }
  const scale = scaleOf(norm);
  const shift = bias === null ? norm.mean : tf.sub(norm.mean, bias);
  return {
    kernel: tf.mul(kernel, alongOutputs(node, scale)),
    bias: tf.sub<tf.Tensor1D>(norm.bias, tf.mul(shift, scale)),
  };
}

export interface ParameterSlope {
  parameter: tf.Variable;
  gradient: tf.Tensor;
}

/**
 * From the gradients by a folded layer to those by its own parameters: with s = weight / sqrt(variance + epsilon), kernel
 * k s and bias b - mean s. Call inside `tf.tidy`.
 */
export function unfoldSlopes(
  { node, kernel, bias, norm }: NetworkLayer,
  kernelSlope: tf.Tensor,
  biasSlope: tf.Tensor1D,
): ParameterSlope[] {
  if (norm === null) {
    const slopes: ParameterSlope[] = [{ parameter: kernel, gradient: kernelSlope }];
    return bias === null ? slopes : [...slopes, { parameter: bias, gradient: biasSlope }];
  }
  const inverse = tf.rsqrt(tf.add(norm.variance, norm.epsilon));
  const scale = tf.mul<tf.Tensor1D>(norm.weight, inverse);
  const axes = node.op === 'conv' && node.groups > 1 ? [0, 1, 3] : [0, 1, 2];
  const throughKernel = tf.sum(tf.mul(kernelSlope, kernel), axes);
  const scaleSlope = tf.sub(throughKernel, tf.mul(norm.mean, biasSlope));
  return [
    { parameter: kernel, gradient: tf.mul(kernelSlope, alongOutputs(node, scale)) },
    { parameter: norm.weight, gradient: tf.mul(scaleSlope, inverse) },
    { parameter: norm.bias, gradient: biasSlope },
  ];
}

function scaleOf({ weight, variance, epsilon }: NormParameters): tf.Tensor1D {
  return tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
}

/** [channels] as what a kernel's outputs are multiplied by; a depthwise kernel has them on its third axis. */
function alongOutputs(node: ConvNode | LinearNode, values: tf.Tensor1D): tf.Tensor {
  return node.op === 'conv' && node.groups > 1 ? tf.reshape(values, [values.size, 1]) : values;
}
