import * as tf from '@tensorflow/tfjs-core';
import { INPUT_SIDE } from '../../words/picture.js';
import { takeConv, takeLinear } from '../../networks/fold-batch-norm.js';
import {
  extentAt,
  hasBorder,
  inputsOf,
  keepsExtent,
  nodeAt,
  outputNode,
  type Activation,
  type Border,
  type ConvNode,
  type Graph,
  type GraphNode,
  type LinearNode,
  type MaxPoolNode,
} from '../../networks/graph.js';
import { answerOf, type Network } from './network.js';
import {
  absorbActivation,
  HARD_SWISH_SHIFT,
  uploadConv,
  uploadLinear,
  type TfjsLayer,
} from './tfjs-weights.js';
import type { TensorMap } from '../../words/architecture.js';

/** What differs between the backends of TensorFlow.js. */
export interface TfjsDialect {
  backend: 'tensorflow' | 'wasm' | 'webgpu';
  maxPool(maps: tf.Tensor4D, node: MaxPoolNode): tf.Tensor4D;
  /** Mean over height and width: [n, 1, 1, channels]. */
  globalAverage(maps: tf.Tensor4D): tf.Tensor4D;
  /** Convolution with its bias, and with ReLU or ReLU6 where the node has it; other activations follow. */
  conv: (maps: tf.Tensor4D, layer: TfjsLayer, node: ConvNode) => tf.Tensor4D;
  /** Depthwise convolution with its bias, and with ReLU or ReLU6 where the node has it; other activations follow. */
  depthwise: (maps: tf.Tensor4D, layer: TfjsLayer, node: ConvNode) => tf.Tensor4D;
}

/** `conv` of the backends whose kernel does it in one pass. */
export function fusedConv(maps: tf.Tensor4D, { kernel, bias }: TfjsLayer, node: ConvNode): tf.Tensor4D {
  return tf.fused.conv2d({
    x: maps,
    filter: kernel as tf.Tensor4D,
    bias,
    strides: node.stride,
    pad: paddingOf(node),
    activation: fusedActivation(node.activation),
  });
}

/** `depthwise` of the backends whose kernel does it in one pass, with any padding. */
export function fusedDepthwise(
  maps: tf.Tensor4D,
  { kernel, bias }: TfjsLayer,
  { stride, padding, activation }: ConvNode,
): tf.Tensor4D {
  return tf.fused.depthwiseConv2d({
    x: maps,
    filter: kernel as tf.Tensor4D,
    bias,
    strides: stride,
    // The kernels take borders as those of the plain operation do; the type of the fused one leaves them out.
    pad: explicitPadding(padding) as unknown as 'valid',
    activation: fusedActivation(activation),
  });
}

/** What a kernel can do of an activation in its own pass. */
function fusedActivation(activation: Activation): 'relu' | 'relu6' | 'linear' {
  return activation === 'relu' || activation === 'relu6' ? activation : 'linear';
}

/** The same for backends that add the bias in a pass of its own. */
export function addBias(product: tf.Tensor4D, { bias }: TfjsLayer, { activation }: ConvNode): tf.Tensor4D {
  return applyRelu(tf.add(product, bias), activation);
}

function applyRelu<T extends tf.Tensor>(values: T, activation: Activation): T {
  switch (fusedActivation(activation)) {
    case 'relu':
      return tf.relu(values);
    case 'relu6':
      return tf.relu6(values);
    case 'linear':
      return values;
  }
}

/** Computes a node from the values of the nodes that it reads. */
type Step = (inputs: readonly tf.Tensor[]) => tf.Tensor;

/**
 * Lowers a graph to operations of TensorFlow.js, NHWC. Weights are uploaded once; a run keeps a value only until its last
 * reader has run, and leaves no tensor behind.
 * @param tensors the parameters; those used are taken out, so that they can be freed
 */
export function compileTfjsGraph(graph: Graph, tensors: TensorMap, dialect: TfjsDialect): Network {
  const layers: TfjsLayer[] = [];
  const steps = new Map<number, Step>();
  for (const node of graph.nodes) {
    if (node.op === 'conv' || node.op === 'linear') {
      const layer = uploadLayer(graph, node, tensors);
      layers.push(layer);
      steps.set(
        node.id,
        node.op === 'conv' ? createConvStep(node, layer, dialect) : createLinearStep(node, layer),
      );
    } else if (node.op !== 'input') {
      steps.set(node.id, createPlainStep(node, dialect));
    }
  }
  return {
    order: 'NHWC',
    async run(values, count, names) {
      if (tf.getBackend() !== dialect.backend) await tf.setBackend(dialect.backend);
      const ids = names.map((name) => outputNode(graph, name));
      const outputs = tf.tidy(() => runSteps(graph, steps, uploadInput(graph, values, count), ids));
      try {
        return answerOf(names, await Promise.all(outputs.map((output) => output.data<'float32'>())));
      } finally {
        tf.dispose(outputs);
      }
    },
    async release() {
      for (const { kernel, bias } of layers) tf.dispose([kernel, bias]);
    },
  };
}

function uploadLayer(graph: Graph, node: ConvNode | LinearNode, tensors: TensorMap): TfjsLayer {
  if (node.op === 'linear') {
    return uploadLinear(absorbActivation(takeLinear(graph, node, tensors), node.activation));
  }
  return uploadConv(absorbActivation(takeConv(graph, node, tensors), node.activation), node);
}

function uploadInput(graph: Graph, values: Float32Array, count: number): tf.Tensor {
  const input = nodeAt(graph, 0);
  return tf.tensor4d(values, [count, INPUT_SIDE, INPUT_SIDE, extentAt(input, 0)]);
}

/** @returns the values of `wanted`, in that order; everything else is disposed, the input too */
function runSteps(
  graph: Graph,
  steps: ReadonlyMap<number, Step>,
  input: tf.Tensor,
  wanted: readonly number[],
): tf.Tensor[] {
  const readersLeft = countReaders(graph, wanted);
  const values = new Map<number, tf.Tensor>([[0, input]]);
  const valueOf = (id: number): tf.Tensor => {
    const value = values.get(id);
    if (value === undefined) throw new RangeError(`node ${id} was read after its last reader`);
    return value;
  };
  for (const [id, step] of steps) {
    if (readersLeft.get(id) === 0) continue;
    const inputs = inputsOf(nodeAt(graph, id));
    values.set(
      id,
      tf.tidy(() => step(inputs.map(valueOf))),
    );
    for (const input of inputs) {
      const left = (readersLeft.get(input) ?? 0) - 1;
      readersLeft.set(input, left);
      if (left === 0) {
        valueOf(input).dispose();
        values.delete(input);
      }
    }
  }
  return wanted.map(valueOf);
}

/** How often each node is read on the way to the wanted ones, each of which counts as read once more: by the caller. */
function countReaders(graph: Graph, wanted: readonly number[]): Map<number, number> {
  const readers = new Map(graph.nodes.map((node) => [node.id, 0]));
  const addReader = (id: number) => readers.set(id, (readers.get(id) ?? 0) + 1);
  wanted.forEach(addReader);
  for (const node of graph.nodes.toReversed()) {
    if (readers.get(node.id) !== 0) inputsOf(node).forEach(addReader);
  }
  return readers;
}

function createConvStep(node: ConvNode, layer: TfjsLayer, dialect: TfjsDialect): Step {
  const convolve = node.groups > 1 ? dialect.depthwise : dialect.conv;
  return ([maps]) => finishActivation(convolve(maps as tf.Tensor4D, layer, node), node.activation);
}

/** `same` and `valid` where they mean the same, because some kernels are faster there and gradients know no other. */
export function paddingOf(node: ConvNode): 'valid' | 'same' | ExplicitPadding {
  if (!hasBorder(node.padding)) return 'valid';
  return keepsExtent(node) ? 'same' : explicitPadding(node.padding);
}

/** As the operations of TensorFlow.js take it, NHWC. */
export function explicitPadding([before, after]: Border): ExplicitPadding {
  return [
    [0, 0],
    [before, after],
    [before, after],
    [0, 0],
  ];
}
export type ExplicitPadding = [[number, number], [number, number], [number, number], [number, number]];

function createLinearStep(node: LinearNode, { kernel, bias }: TfjsLayer): Step {
  return ([input]) => {
    const product = tf.add(tf.matMul(input as tf.Tensor2D, kernel as tf.Tensor2D, false, true), bias);
    return finishActivation(applyRelu(product, node.activation), node.activation);
  };
}

/** What is left of an activation after the layer itself has absorbed its part: see tfjs-weights. */
function finishActivation(maps: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case 'none':
    case 'relu':
    case 'relu6':
      return maps;
    case 'hardswish':
      return tf.mul(maps, tf.clipByValue(tf.add(maps, HARD_SWISH_SHIFT), 0, 2 * HARD_SWISH_SHIFT));
    case 'hardsigmoid':
      return tf.clipByValue(maps, 0, 1);
  }
}

type PlainNode = Exclude<GraphNode, { op: 'input' | 'conv' | 'linear' }>;

function createPlainStep(node: PlainNode, dialect: TfjsDialect): Step {
  switch (node.op) {
    case 'maxPool':
      return ([maps]) => dialect.maxPool(maps as tf.Tensor4D, node);
    case 'add':
      return ([left, right]) => {
        const sum = tf.add(left as tf.Tensor4D, right as tf.Tensor4D);
        return applyRelu(sum, node.activation);
      };
    case 'scale':
      return ([maps, factors]) => tf.mul(maps as tf.Tensor4D, factors as tf.Tensor4D);
    case 'globalAverage':
      return ([maps]) => dialect.globalAverage(maps as tf.Tensor4D);
    case 'flatten':
      return ([maps]) => flatten(maps as tf.Tensor4D, extentAt(node, 0));
  }
}

/** In torch's order, which classifier.0 of VGG16 was trained on: channel, row, column. */
function flatten(maps: tf.Tensor4D, size: number): tf.Tensor {
  const [count, height, width] = maps.shape;
  const planes = height * width === 1 ? maps : tf.transpose(maps, [0, 3, 1, 2]);
  return tf.reshape(planes, [count, size]);
}
