import * as tf from '@tensorflow/tfjs-core';
import type { ConvNode, MaxPoolNode } from '../../networks/graph.js';
import { explicitPadding } from '../engines/tfjs-graph.js';

/** A BatchNorm that normalises by the statistics of the batch; weight and bias [channels]. */
export interface BatchNormalisation {
  weight: tf.Tensor1D;
  bias: tf.Tensor1D;
  epsilon: number;
}

/** What a normalisation by the batch gives, and what its gradient needs besides its input. */
export interface NormalisedBatch {
  output: tf.Tensor4D;
  /** Mean and variance of each channel over pictures, rows and columns; the variance unbiased, as torch's running one is. */
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
  saved: tf.Tensor[];
}

/**
 * The kernels that training needs beyond the forward operations of TensorFlow.js, NHWC, with the padding of the graph
 * (which the gradients of `tf.conv2d` and `tf.maxPool` themselves refuse). `slope` is the gradient of the loss by a
 * kernel's output. To be called inside `tf.tidy`.
 */
export interface GradientKernels {
  maxPool(maps: tf.Tensor4D, node: MaxPoolNode): tf.Tensor4D;
  maxPoolSlope(slope: tf.Tensor4D, maps: tf.Tensor4D, pooled: tf.Tensor4D, node: MaxPoolNode): tf.Tensor4D;
  /** Gradient by a convolution's input of shape `shape`. */
  convInputSlope(slope: tf.Tensor4D, kernel: tf.Tensor4D, shape: Shape4D, node: ConvNode): tf.Tensor4D;
  /** Gradient by a convolution's kernel of shape `shape`. */
  convKernelSlope(slope: tf.Tensor4D, maps: tf.Tensor4D, shape: Shape4D, node: ConvNode): tf.Tensor4D;
  /** @param output of the ReLU: positive where the gradient passes */
  reluSlope(slope: tf.Tensor, output: tf.Tensor): tf.Tensor;
  /** @param output of the ReLU6: between 0 and 6, both out, where the gradient passes */
  relu6Slope(slope: tf.Tensor, output: tf.Tensor): tf.Tensor;
  normalise(maps: tf.Tensor4D, normalisation: BatchNormalisation): NormalisedBatch;
  normaliseSlope(
    slope: tf.Tensor4D,
    maps: tf.Tensor4D,
    normalisation: BatchNormalisation,
    saved: readonly tf.Tensor[],
  ): tf.Tensor4D;
}

export type Shape4D = [number, number, number, number];

/** For every backend whose TensorFlow.js kernels take explicit padding, such as `webgpu`. */
export const PORTABLE_KERNELS: GradientKernels = {
  maxPool: (maps, { kernel, stride, padding }) => tf.maxPool(maps, kernel, stride, padding),
  maxPoolSlope(slope, maps, pooled, { kernel, stride, padding }) {
    const attributes = { filterSize: kernel, strides: stride, pad: padding };
    return runKernel(tf.MaxPoolGrad, { dy: slope, input: maps, output: pooled }, attributes);
  },
  convInputSlope(slope, kernel, shape, node) {
    const name = node.groups > 1 ? tf.DepthwiseConv2dNativeBackpropInput : tf.Conv2DBackpropInput;
    return runKernel(name, { dy: slope, filter: kernel }, { ...slide(node), inputShape: shape });
  },
  convKernelSlope(slope, maps, shape, node) {
    const name = node.groups > 1 ? tf.DepthwiseConv2dNativeBackpropFilter : tf.Conv2DBackpropFilter;
    return runKernel(name, { x: maps, dy: slope }, { ...slide(node), filterShape: shape });
  },
  reluSlope: (slope, output) => tf.mul(slope, tf.step(output)),
  relu6Slope: (slope, output) => tf.mul(slope, tf.mul(tf.step(output), tf.step(tf.sub(6, output)))),
  normalise(maps, { weight, bias, epsilon }) {
    const count = maps.size / maps.shape[3];
    const mean = tf.mean<tf.Tensor1D>(maps, [0, 1, 2]);
    const spread = tf.mean<tf.Tensor1D>(tf.square(tf.sub(maps, mean)), [0, 1, 2]);
    const inverse = tf.rsqrt(tf.add(spread, epsilon));
    const scale = tf.mul(weight, inverse);
    const output = tf.add<tf.Tensor4D>(tf.mul(tf.sub(maps, mean), scale), bias);
    return { output, mean, variance: tf.mul(spread, count / Math.max(1, count - 1)), saved: [mean, inverse] };
  },
  normaliseSlope(slope, maps, { weight }, [mean, inverse]) {
    if (mean === undefined || inverse === undefined) throw new RangeError('nothing was saved');
    const count = maps.size / maps.shape[3];
    const standard = tf.mul(tf.sub(maps, mean), inverse);
    const slopeMean = tf.div(tf.sum(slope, [0, 1, 2]), count);
    const product = tf.div(tf.sum(tf.mul(slope, standard), [0, 1, 2]), count);
    const centred = tf.sub(tf.sub(slope, slopeMean), tf.mul(standard, product));
    return tf.mul(centred, tf.mul(weight, inverse));
  },
};

function slide({ stride, padding }: ConvNode) {
  const pad = explicitPadding(padding);
  return { strides: stride, pad, dataFormat: 'NHWC', dimRoundingMode: undefined, dilations: 1 };
}

function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor4D {
  return tf.engine().runKernel<tf.Tensor4D>(name, inputs, attributes as tf.NamedAttrMap);
}
