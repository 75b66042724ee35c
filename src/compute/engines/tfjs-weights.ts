import * as tf from '@tensorflow/tfjs-core';
import { scaleRows, type FoldedLayer } from '../../networks/fold-batch-norm.js';
import { transposeMatrices } from '../../networks/transpose.js';
import type { Activation, ConvNode } from '../../networks/graph.js';

/** A layer in the backend's memory. */
export interface TfjsLayer {
  kernel: tf.Tensor;
  bias: tf.Tensor1D;
}

/**
 * Hard swish x relu6(x + 3) / 6 costs four passes over the maps. With z = x / sqrt(6), a factor that the layer's own
 * weights absorb, it is z clip(z + 3/sqrt(6), 0, 6/sqrt(6)): three. Hard sigmoid becomes one clip of x/6 + 1/2.
 */
export const HARD_SWISH_SHIFT = 3 / Math.sqrt(6);
const ABSORBED: Record<Activation, { scale: number; shift: number }> = {
  none: { scale: 1, shift: 0 },
  relu: { scale: 1, shift: 0 },
  relu6: { scale: 1, shift: 0 },
  hardswish: { scale: 1 / Math.sqrt(6), shift: 0 },
  hardsigmoid: { scale: 1 / 6, shift: 1 / 2 },
};

/** @returns the layer with the linear part of its activation inside: tfjs-graph's `finishActivation` does the rest */
export function absorbActivation(layer: FoldedLayer, activation: Activation): FoldedLayer {
  const { scale, shift } = ABSORBED[activation];
  if (scale === 1 && shift === 0) return layer;
  const { weight, bias } = layer;
  return {
    weight: scaleRows(weight, new Float64Array(bias.length).fill(scale)),
    bias: bias.map((value) => value * scale + shift),
  };
}

/** Uploads a convolution: torch's [out, in, h, w] as [h, w, in, out], or [h, w, channels, 1] where it is depthwise. */
export function uploadConv({ weight, bias }: FoldedLayer, node: ConvNode): TfjsLayer {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const area = height * width;
  const planes = transposeMatrices(weight.data, 1, outputs * inputs, area);
  if (node.groups > 1) {
    return { kernel: tf.tensor4d(planes, [height, width, outputs, 1]), bias: tf.tensor1d(bias) };
  }
  const values = transposeMatrices(planes, area, outputs, inputs);
  return { kernel: tf.tensor4d(values, [height, width, inputs, outputs]), bias: tf.tensor1d(bias) };
}

/** Uploads a linear layer as torch keeps it, [out, in]: the multiplication transposes, which saves a copy of VGG16's 411 MB. */
export function uploadLinear({ weight, bias }: FoldedLayer): TfjsLayer {
  const [outputs = 0, inputs = 0] = weight.shape;
  return { kernel: tf.tensor2d(weight.data, [outputs, inputs]), bias: tf.tensor1d(bias) };
}
