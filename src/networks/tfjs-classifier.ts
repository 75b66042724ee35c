import { INPUT_SIDE } from '../words/picture.js';
import { buildClassifierGraph, type Classifier } from './classifier-graph.js';
import { takeConv, takeLinear, type FoldedLayer } from './fold-batch-norm.js';
import {
  extentAt,
  hasBorder,
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
} from './graph.js';
import { areChannelsEqual } from './normalise.js';
import { TfjsTopology } from './tfjs-topology.js';
import { transposeMatrices } from './transpose.js';
import type { Tensor, TensorMap } from '../words/architecture.js';

/** A model of TensorFlow.js layers: what `model.json` says and, piece by piece, what `weights.bin` holds. */
export interface TfjsModel {
  topology: unknown;
  weights: Float32Array[];
}

export const TFJS_WEIGHTS_FILE = 'weights.bin';

/** Layers of one graph while it is lowered. */
interface Lowering {
  topology: TfjsTopology;
  graph: Graph;
  tensors: TensorMap;
  /** Name of the layer that gives a node's value. */
  layers: Map<number, string>;
  temperature: number;
}

/**
 * A whole classifier as a model that `tf.loadLayersModel` reads: grey levels 0..255 [n, 224, 224, 1] in, probabilities
 * [n, classes] out. Normalisation, folded BatchNorm and temperature are inside. Built-in layers only: hard swish and hard
 * sigmoid are a Rescaling to x / 6 + 1/2, a ReLU up to 1 and, for the former, a product.
 * @param tensors of `classifierTensors`; those used are taken out
 */
export function writeTfjsClassifier(classifier: Classifier, tensors: TensorMap): TfjsModel {
  const { backbone, temperature } = classifier;
  const planes = areChannelsEqual(backbone) ? 1 : 3;
  const graph = buildClassifierGraph(classifier, planes);
  const topology = new TfjsTopology();
  const input = topology.input('picture', [INPUT_SIDE, INPUT_SIDE, 1]);
  const layers = new Map([[0, addNormalisation(topology, classifier, input, planes)]]);
  const lowering: Lowering = { topology, graph, tensors, layers, temperature };
  for (const node of graph.nodes) {
    if (node.op !== 'input') layers.set(node.id, addNode(lowering, node));
  }
  topology.add('Activation', 'probabilities', [layerOf(lowering, outputNode(graph, 'logits'))], {
    activation: 'softmax',
  });
  return topology.build({ input, output: 'probabilities', weightsFile: TFJS_WEIGHTS_FILE });
}

/** (level / 255 - mean) / deviation. A convolution of one pixel makes the three planes where they differ. */
function addNormalisation(
  topology: TfjsTopology,
  { backbone }: Classifier,
  input: string,
  planes: 1 | 3,
): string {
  const scales = backbone.standardDeviation.map((deviation) => 1 / (255 * deviation));
  const offsets = backbone.mean.map((mean, plane) => -mean / (backbone.standardDeviation[plane] ?? 1));
  if (planes === 1) {
    return topology.add('Rescaling', 'normalised', [input], { scale: scales[0], offset: offsets[0] });
  }
  return topology.add(
    'Conv2D',
    'normalised',
    [input],
    { filters: 3, kernel_size: [1, 1], strides: [1, 1], padding: 'valid' },
    [
      ['kernel', { shape: [1, 1, 1, 3], data: Float32Array.from(scales) }],
      ['bias', { shape: [3], data: Float32Array.from(offsets) }],
    ],
  );
}

function addNode(lowering: Lowering, node: Exclude<GraphNode, { op: 'input' }>): string {
  const { topology } = lowering;
  const name = `node${node.id}`;
  switch (node.op) {
    case 'conv':
      return addConv(lowering, node);
    case 'linear':
      return addLinear(lowering, node);
    case 'maxPool':
      return addMaxPool(lowering, node);
    case 'add': {
      const inputs = node.inputs.map((id) => layerOf(lowering, id));
      return addActivation(topology, topology.add('Add', name, inputs, {}), node.activation);
    }
    case 'scale':
      return topology.add(
        'Multiply',
        name,
        [layerOf(lowering, node.maps), layerOf(lowering, node.factors)],
        {},
      );
    case 'globalAverage': {
      const average = topology.add(
        'GlobalAveragePooling2D',
        `${name}.average`,
        [layerOf(lowering, node.input)],
        {},
      );
      return topology.add('Reshape', name, [average], { target_shape: [1, 1, extentAt(node, 0)] });
    }
    case 'flatten': {
      // Torch flattens channel by channel.
      const planes = topology.add('Permute', `${name}.planes`, [layerOf(lowering, node.input)], {
        dims: [3, 1, 2],
      });
      return topology.add('Flatten', name, [planes], {});
    }
  }
}

function addConv(lowering: Lowering, node: ConvNode): string {
  const { topology, graph } = lowering;
  const layer = takeConv(graph, node, lowering.tensors);
  const { input, padding } = addPadding(lowering, node);
  const window = {
    kernel_size: [node.kernel, node.kernel],
    strides: [node.stride, node.stride],
    padding,
  };
  const bias: [string, Tensor] = ['bias', { shape: [layer.bias.length], data: layer.bias }];
  const name = layerNameOf(node);
  const added =
    node.groups > 1
      ? topology.add('DepthwiseConv2D', name, [input], { ...window, depth_multiplier: 1 }, [
          ['depthwise_kernel', depthwiseKernel(layer)],
          bias,
        ])
      : topology.add('Conv2D', name, [input], { ...window, filters: extentAt(node, 0) }, [
          ['kernel', convKernel(layer)],
          bias,
        ]);
  return addActivation(topology, added, node.activation);
}

/** `same` means other borders than torch's padding unless the stride is 1. */
function addPadding(lowering: Lowering, node: ConvNode): { input: string; padding: 'same' | 'valid' } {
  const input = layerOf(lowering, node.input);
  if (!hasBorder(node.padding)) return { input, padding: 'valid' };
  if (keepsExtent(node)) return { input, padding: 'same' };
  return { input: addZeros(lowering, node.id, input, node.padding), padding: 'valid' };
}

/** The maps before every pooling of ours come out of a ReLU: a border of zeros is as good as torch's of minus infinity. */
function addMaxPool(lowering: Lowering, node: MaxPoolNode): string {
  const input = layerOf(lowering, node.input);
  const padded =
    node.padding === 0 ? input : addZeros(lowering, node.id, input, [node.padding, node.padding]);
  return lowering.topology.add('MaxPooling2D', `node${node.id}`, [padded], {
    pool_size: [node.kernel, node.kernel],
    strides: [node.stride, node.stride],
    padding: 'valid',
  });
}

function addZeros({ topology }: Lowering, id: number, input: string, border: Border): string {
  return topology.add('ZeroPadding2D', `node${id}.padded`, [input], { padding: [border, border] });
}

function addLinear(lowering: Lowering, node: LinearNode): string {
  const { topology, graph, temperature } = lowering;
  const { weight, bias } = takeLinear(graph, node, lowering.tensors);
  const [outputs = 0, inputs = 0] = weight.shape;
  const divisor = node.id === graph.outputs.logits ? temperature : 1;
  const kernel = transposeMatrices(weight.data, 1, outputs, inputs);
  const added = topology.add(
    'Dense',
    layerNameOf(node),
    [layerOf(lowering, node.input)],
    { units: outputs },
    [
      ['kernel', { shape: [inputs, outputs], data: divided(kernel, divisor) }],
      ['bias', { shape: [outputs], data: divided(bias, divisor) }],
    ],
  );
  return addActivation(topology, added, node.activation);
}

/** TensorFlow.js takes no name that begins with an underscore, as those of EfficientNet-Lite0 do. */
function layerNameOf({ name }: ConvNode | LinearNode): string {
  return name.replace(/^_/, '');
}

function divided(values: Float32Array, divisor: number): Float32Array {
  return divisor === 1 ? values : values.map((value) => value / divisor);
}

/** @returns the layer after it, or `input` where there is none */
function addActivation(topology: TfjsTopology, input: string, activation: Activation): string {
  switch (activation) {
    case 'none':
      return input;
    case 'relu':
      return topology.add('ReLU', `${input}.relu`, [input], {});
    case 'relu6':
      return topology.add('ReLU', `${input}.relu6`, [input], { max_value: 6 });
    case 'hardsigmoid':
      return addGate(topology, input);
    case 'hardswish':
      return topology.add('Multiply', `${input}.swish`, [input, addGate(topology, input)], {});
  }
}

function addGate(topology: TfjsTopology, input: string): string {
  const shifted = topology.add('Rescaling', `${input}.shifted`, [input], { scale: 1 / 6, offset: 0.5 });
  return topology.add('ReLU', `${input}.gate`, [shifted], { max_value: 1 });
}

/** Torch's [out, in, h, w] as [h, w, in, out]. */
function convKernel({ weight }: FoldedLayer): Tensor {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const area = height * width;
  const planes = transposeMatrices(weight.data, 1, outputs * inputs, area);
  return {
    shape: [height, width, inputs, outputs],
    data: transposeMatrices(planes, area, outputs, inputs),
  };
}

/** Torch's [channels, 1, h, w] as [h, w, channels, 1]. */
function depthwiseKernel({ weight }: FoldedLayer): Tensor {
  const [channels = 0, , height = 0, width = 0] = weight.shape;
  return {
    shape: [height, width, channels, 1],
    data: transposeMatrices(weight.data, 1, channels, height * width),
  };
}

function layerOf({ layers, graph }: Lowering, id: number): string {
  const name = layers.get(id);
  if (name === undefined) throw new RangeError(`node ${nodeAt(graph, id).id} was read before it was lowered`);
  return name;
}
