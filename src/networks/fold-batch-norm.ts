import { GelqlError } from '../errors.js';
import { extentAt, nodeAt, type ConvNode, type Graph, type LinearNode } from './graph.js';
import type { Tensor, TensorMap } from '../words/architecture.js';

/** What remains of a layer once BatchNorm is folded: torch layout, a bias always. */
export interface FoldedLayer {
  weight: Tensor;
  bias: Float32Array;
}

/**
 * Takes a layer's parameters out of `tensors`, so that a large network is never in memory twice, and folds BatchNorm in
 * evaluation mode into weight and bias: scale = gamma / sqrt(variance + epsilon), bias = beta + scale (bias - mean).
 * Where the graph feeds one plane to a kernel made for three, the kernel is summed over them: the same function of a
 * grey picture repeated three times, at the borders too, because padding comes after normalisation.
 * @throws GelqlError WEIGHTS_INVALID where a parameter is missing or has another shape
 */
export function takeConv(graph: Graph, node: ConvNode, tensors: TensorMap): FoldedLayer {
  const channels = extentAt(node, 0);
  const groupChannels = extentAt(nodeAt(graph, node.input), 0) / node.groups;
  const weight = takeKernel(tensors, node, channels, groupChannels);
  const bias = node.hasBias ? takeVector(tensors, `${node.name}.bias`, channels) : new Float32Array(channels);
  if (node.batchNorm === null) return { weight, bias };
  const { name, epsilon } = node.batchNorm;
  const gamma = takeVector(tensors, `${name}.weight`, channels);
  const beta = takeVector(tensors, `${name}.bias`, channels);
  const mean = takeVector(tensors, `${name}.running_mean`, channels);
  const variance = takeVector(tensors, `${name}.running_var`, channels);
  const scale = Float64Array.from(
    gamma,
    (value, index) => value / Math.sqrt((variance[index] ?? 0) + epsilon),
  );
  return {
    weight: scaleRows(weight, scale),
    bias: Float32Array.from(beta, (value, index) => {
      return value + (scale[index] ?? 0) * ((bias[index] ?? 0) - (mean[index] ?? 0));
    }),
  };
}

/** As takeConv, for a linear layer: nothing to fold. */
export function takeLinear(graph: Graph, node: LinearNode, tensors: TensorMap): FoldedLayer {
  const outputs = extentAt(node, 0);
  const inputs = extentAt(nodeAt(graph, node.input), 0);
  return {
    weight: takeTensor(tensors, `${node.name}.weight`, [outputs, inputs]),
    bias: takeVector(tensors, `${node.name}.bias`, outputs),
  };
}

/** Multiplies row `i` of the weight, all that leads to output `i`, by `scale[i]`. */
export function scaleRows(weight: Tensor, scale: ArrayLike<number>): Tensor {
  const rowSize = weight.data.length / scale.length;
  const data = weight.data.map((value, index) => value * (scale[Math.floor(index / rowSize)] ?? 0));
  return { shape: weight.shape, data };
}

function takeKernel(tensors: TensorMap, node: ConvNode, channels: number, groupChannels: number): Tensor {
  const name = `${node.name}.weight`;
  const stored = tensors.get(name)?.shape[1];
  if (groupChannels === 1 && node.groups === 1 && stored === 3) {
    return sumPlanes(takeTensor(tensors, name, [channels, 3, node.kernel, node.kernel]));
  }
  return takeTensor(tensors, name, [channels, groupChannels, node.kernel, node.kernel]);
}

function sumPlanes({ shape, data }: Tensor): Tensor {
  const [channels = 0, planes = 0, height = 0, width = 0] = shape;
  const area = height * width;
  const sum = new Float32Array(channels * area);
  for (let channel = 0; channel < channels; channel++) {
    for (let position = 0; position < area; position++) {
      let total = 0;
      for (let plane = 0; plane < planes; plane++) {
        total += data[(channel * planes + plane) * area + position] ?? 0;
      }
      sum[channel * area + position] = total;
    }
  }
  return { shape: [channels, 1, height, width], data: sum };
}

function takeVector(tensors: TensorMap, name: string, size: number): Float32Array {
  return takeTensor(tensors, name, [size]).data;
}

function takeTensor(tensors: TensorMap, name: string, shape: readonly number[]): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new GelqlError('WEIGHTS_INVALID', `The weights lack ${name}.`);
  if (tensor.shape.join() !== shape.join()) {
    const message = `${name} has shape [${tensor.shape.join(', ')}], expected [${shape.join(', ')}].`;
    throw new GelqlError('WEIGHTS_INVALID', message);
  }
  tensors.delete(name);
  return tensor;
}
