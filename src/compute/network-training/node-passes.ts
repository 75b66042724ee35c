import * as tf from '@tensorflow/tfjs-core';
import { extentAt, hasBorder, type ConvNode, type GraphNode, type LinearNode } from '../../networks/graph.js';
import { explicitPadding } from '../engines/tfjs-graph.js';
import { activate, activationSlope, savedOf } from './activations.js';
import type { GradientKernels, Shape4D } from './gradient-kernels.js';
import {
  foldLayer,
  unfoldSlopes,
  type NetworkLayer,
  type NormParameters,
  type ParameterSlope,
} from './network-layers.js';

/** What a node did for one batch, and the way back. */
export interface NodePass {
  output: tf.Tensor;
  /** Kept for the way back; the caller disposes of them. */
  saved: tf.Tensor[];
  /**
   * @param slope gradient of the loss by the output
   * @param wanted for which inputs a gradient is needed
   */
  backward(slope: tf.Tensor, wanted: readonly boolean[]): NodeSlopes;
}

/** Gradients by a node's inputs (null where not wanted) and by its parameters. */
export interface NodeSlopes {
  inputs: (tf.Tensor | null)[];
  parameters: ParameterSlope[];
}

/*
 * Each function computes a node for one batch. Call them and `backward` inside `tf.tidy`. `saved` holds clones: they share
 * the memory of what they are clones of, which lives as long as one of them does.
 */

export interface LayerContext {
  kernels: GradientKernels;
  layer: NetworkLayer;
  /** Whether gradients by the layer's own parameters are needed. */
  isTrained: boolean;
}

/** A convolution with its BatchNorm, if any, by its running statistics. */
export function passConv(node: ConvNode, maps: tf.Tensor4D, context: LayerContext): NodePass {
  const { kernels, layer, isTrained } = context;
  const folded = foldLayer(layer);
  const before = tf.add(convolve(maps, folded.kernel, node), folded.bias);
  const output = activate(before, node.activation);
  const activated = savedOf(node.activation, before, output);
  const kernel = tf.clone(folded.kernel) as tf.Tensor4D;
  const input = isTrained ? tf.clone(maps) : null;
  const { shape } = maps;
  return {
    output,
    saved: present([activated, kernel, input]),
    backward(slope, [isWanted = false]) {
      const inner = activationSlope(kernels, node.activation, slope, activated) as tf.Tensor4D;
      const parameters =
        input === null ? [] : unfoldSlopes(layer, ...convSlopes(kernels, inner, input, kernel.shape, node));
      return { inputs: [isWanted ? kernels.convInputSlope(inner, kernel, shape, node) : null], parameters };
    },
  };
}

/**
 * A convolution whose BatchNorm normalises by the batch and moves its running statistics: r = (1 - momentum) r + momentum s.
 * The BatchNorm's own weight and bias stay.
 */
export function passNormalisedConv(
  node: ConvNode,
  maps: tf.Tensor4D,
  norm: NormParameters,
  { kernels, layer, isTrained }: LayerContext,
): NodePass {
  const product = convolve(maps, layer.kernel, node);
  const { output: before, mean, variance, saved } = kernels.normalise(product, norm);
  moveTowards(norm.mean, mean, norm.momentum);
  moveTowards(norm.variance, variance, norm.momentum);
  const output = activate(before, node.activation);
  const activated = savedOf(node.activation, before, output);
  const input = isTrained ? tf.clone(maps) : null;
  const { shape } = maps;
  const kept = tf.clone(product);
  return {
    output,
    saved: [...present([activated, input]), kept, ...saved],
    backward(slope, [isWanted = false]) {
      const inner = activationSlope(kernels, node.activation, slope, activated) as tf.Tensor4D;
      const before = kernels.normaliseSlope(inner, kept, norm, saved);
      const kernel = layer.kernel as tf.Tensor4D;
      const parameters =
        input === null
          ? []
          : [
              {
                parameter: kernel as tf.Variable,
                gradient: kernels.convKernelSlope(before, input, kernel.shape, node),
              },
            ];
      return { inputs: [isWanted ? kernels.convInputSlope(before, kernel, shape, node) : null], parameters };
    },
  };
}

/** @param mask multiplies the output, [n, outputs]; null drops nothing */
export function passLinear(
  node: LinearNode,
  values: tf.Tensor2D,
  mask: tf.Tensor2D | null,
  { kernels, layer, isTrained }: LayerContext,
): NodePass {
  const { kernel, bias } = foldLayer(layer);
  const before = tf.add(tf.matMul(values, kernel as tf.Tensor2D, false, true), bias);
  const after = activate(before, node.activation);
  const activated = savedOf(node.activation, before, after);
  const input = isTrained ? tf.clone(values) : null;
  return {
    output: mask === null ? after : tf.mul(after, mask),
    saved: present([activated, input, mask]),
    backward(slope, [isWanted = false]) {
      const undropped = mask === null ? slope : tf.mul(slope, mask);
      const inner = activationSlope(kernels, node.activation, undropped, activated) as tf.Tensor2D;
      const parameters =
        input === null
          ? []
          : unfoldSlopes(layer, tf.matMul(inner, input, true, false), tf.sum<tf.Tensor1D>(inner, 0));
      return { inputs: [isWanted ? tf.matMul(inner, kernel) : null], parameters };
    },
  };
}

export type PlainNode = Exclude<GraphNode, { op: 'input' | 'conv' | 'linear' }>;

/** A node without parameters. */
export function passPlain(node: PlainNode, inputs: readonly tf.Tensor[], kernels: GradientKernels): NodePass {
  const [first, second] = inputs as [tf.Tensor4D, tf.Tensor4D];
  switch (node.op) {
    case 'maxPool': {
      const output = kernels.maxPool(first, node);
      const [maps, pooled] = [tf.clone(first), tf.clone(output)];
      const backward = (slope: tf.Tensor) =>
        through(kernels.maxPoolSlope(slope as tf.Tensor4D, maps, pooled, node));
      return { output, saved: [maps, pooled], backward };
    }
    case 'add': {
      const before = tf.add(first, second);
      const output = activate(before, node.activation);
      const activated = savedOf(node.activation, before, output);
      const backward = (slope: tf.Tensor) => {
        const inner = activationSlope(kernels, node.activation, slope, activated);
        return { inputs: [tf.clone(inner), tf.clone(inner)], parameters: [] };
      };
      return { output, saved: present([activated]), backward };
    }
    case 'scale': {
      const [maps, factors] = [tf.clone(first), tf.clone(second)];
      const backward = (slope: tf.Tensor) => ({
        inputs: [tf.mul(slope, factors), tf.sum(tf.mul(slope, maps), [1, 2], true)],
        parameters: [],
      });
      return { output: tf.mul(first, second), saved: [maps, factors], backward };
    }
    case 'globalAverage': {
      const [, height, width] = first.shape;
      const backward = (slope: tf.Tensor) =>
        through(tf.tile(tf.div<tf.Tensor4D>(slope, height * width), [1, height, width, 1]));
      return { output: tf.mean(first, [1, 2], true), saved: [], backward };
    }
    case 'flatten':
      return passFlatten(first, extentAt(node, 0));
  }
}

/** In torch's order: channel, row, column. */
function passFlatten(maps: tf.Tensor4D, size: number): NodePass {
  const [count, height, width, channels] = maps.shape;
  return {
    output: tf.reshape(tf.transpose(maps, [0, 3, 1, 2]), [count, size]),
    saved: [],
    backward: (slope) =>
      through(tf.transpose(tf.reshape(slope, [count, channels, height, width]), [0, 2, 3, 1])),
  };
}

function convolve(maps: tf.Tensor4D, kernel: tf.Tensor, node: ConvNode): tf.Tensor4D {
  const { padding, stride } = node;
  const pad = hasBorder(padding) ? explicitPadding(padding) : 'valid';
  return node.groups > 1
    ? tf.depthwiseConv2d(maps, kernel as tf.Tensor4D, stride, pad)
    : tf.conv2d(maps, kernel as tf.Tensor4D, stride, pad);
}

function convSlopes(
  kernels: GradientKernels,
  slope: tf.Tensor4D,
  input: tf.Tensor4D,
  shape: Shape4D,
  node: ConvNode,
): [tf.Tensor, tf.Tensor1D] {
  return [kernels.convKernelSlope(slope, input, shape, node), tf.sum<tf.Tensor1D>(slope, [0, 1, 2])];
}

function moveTowards(running: tf.Variable<tf.Rank.R1>, seen: tf.Tensor1D, momentum: number): void {
  running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(seen, momentum)));
}

function through(slope: tf.Tensor): NodeSlopes {
  return { inputs: [slope], parameters: [] };
}

function present(tensors: readonly (tf.Tensor | null)[]): tf.Tensor[] {
  return tensors.filter((tensor) => tensor !== null);
}
