import { scaleRows, takeConv, takeLinear } from '../../src/networks/fold-batch-norm.js';
import {
  GraphBuilder,
  nodeAt,
  type ConvNode,
  type Graph,
  type LinearNode,
} from '../../src/networks/graph.js';
import type { Tensor, TensorMap } from '../../src/words/architecture.js';

const vector = (...values: number[]): Tensor => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

function convGraph(planes: number, options: { hasBias: boolean; hasNorm: boolean }): Graph {
  const builder = new GraphBuilder();
  const norm = options.hasNorm ? { batchNorm: { name: 'bn', epsilon: 0.25, momentum: 0.1 } } : {};
  const maps = builder.conv(builder.input(planes, 4), {
    name: 'conv',
    channels: 2,
    kernel: 1,
    hasBias: options.hasBias,
    ...norm,
  });
  return builder.build({ features: maps, lastMaps: maps, logits: null });
}

function parameters(planes: number): TensorMap {
  const data = Float32Array.from({ length: 2 * planes }, (_, index) => index + 1);
  return new Map([
    ['conv.weight', { shape: [2, planes, 1, 1], data }],
    ['conv.bias', vector(5, 6)],
    ['bn.weight', vector(3, 4)],
    ['bn.bias', vector(0.5, -0.5)],
    ['bn.running_mean', vector(1, 2)],
    ['bn.running_var', vector(2, 8.75)],
  ]);
}

const fold = (graph: Graph, tensors: TensorMap) => takeConv(graph, nodeAt(graph, 1) as ConvNode, tensors);

describe('folding batch norm', () => {
  it('scales by gamma over the deviation and moves bias and mean into the bias', () => {
    const { weight, bias } = fold(convGraph(1, { hasBias: true, hasNorm: true }), parameters(1));
    // 3 / sqrt(2.25) = 2 and 4 / sqrt(9) = 4/3
    expect([...weight.data]).toEqual([2, expect.closeTo(8 / 3, 6)]);
    expect([...bias]).toEqual([0.5 + 2 * (5 - 1), expect.closeTo(-0.5 + (4 / 3) * (6 - 2), 6)]);
  });

  it('leaves a layer without batch norm as it is, with a bias of zeros where it has none', () => {
    const tensors = parameters(1);
    const stored = tensors.get('conv.weight');
    const { weight, bias } = fold(convGraph(1, { hasBias: false, hasNorm: false }), tensors);
    expect(weight).toBe(stored);
    expect([...bias]).toEqual([0, 0]);
  });

  it('takes what it uses out of the map', () => {
    const tensors = parameters(1);
    fold(convGraph(1, { hasBias: true, hasNorm: true }), tensors);
    expect([...tensors.keys()]).toEqual([]);
  });

  it('sums a kernel over three planes where the graph feeds one', () => {
    const { weight } = fold(convGraph(1, { hasBias: false, hasNorm: false }), parameters(3));
    expect(weight).toEqual({ shape: [2, 1, 1, 1], data: Float32Array.from([1 + 2 + 3, 4 + 5 + 6]) });
  });

  it('keeps three planes where the graph feeds three', () => {
    const { weight } = fold(convGraph(3, { hasBias: false, hasNorm: false }), parameters(3));
    expect(weight.shape).toEqual([2, 3, 1, 1]);
  });

  it('names a parameter that is missing or has another shape', () => {
    const graph = convGraph(1, { hasBias: true, hasNorm: true });
    const lacking = parameters(1);
    lacking.delete('bn.running_var');
    expect(() => fold(graph, lacking)).toThrow('The weights lack bn.running_var.');
    const misshapen = parameters(1).set('bn.bias', vector(1, 2, 3));
    expect(() => fold(graph, misshapen)).toThrow('bn.bias has shape [3], expected [2].');
  });

  it('takes a linear layer unchanged', () => {
    const builder = new GraphBuilder();
    const features = builder.linear(builder.flatten(builder.input(1, 2)), 'fc', 3);
    const graph = builder.build({ features, lastMaps: 0, logits: null });
    const weight: Tensor = { shape: [3, 4], data: new Float32Array(12).fill(2) };
    const tensors: TensorMap = new Map([
      ['fc.weight', weight],
      ['fc.bias', vector(1, 2, 3)],
    ]);
    expect(takeLinear(graph, nodeAt(graph, features) as LinearNode, tensors).weight).toBe(weight);
    expect(tensors.size).toBe(0);
  });

  it('scales all that leads to one output by one factor', () => {
    const weight: Tensor = { shape: [2, 2, 1, 1], data: Float32Array.from([1, 2, 3, 4]) };
    expect([...scaleRows(weight, [10, 100]).data]).toEqual([10, 20, 300, 400]);
  });
});
