import { takeConv, takeLinear, type FoldedLayer } from './fold-batch-norm.js';
import {
  nodeAt,
  OUTPUTS,
  type Activation,
  type Border,
  type ConvNode,
  type Graph,
  type GraphNode,
  type LinearNode,
} from './graph.js';
import { onnxInitializer, onnxModel, onnxNode, onnxValue, type OnnxAttribute } from './onnx-messages.js';
import type { TensorMap } from '../words/architecture.js';
import type { ProtobufMessage } from './protobuf-message.js';

/** Name of the graph's only input: [n, planes, height, width], normalised. */
export const ONNX_INPUT = 'input';

/** Nodes and constants of one graph while it is lowered. */
export interface Lowering {
  nodes: ProtobufMessage[];
  initializers: ProtobufMessage[];
  tensors: TensorMap;
  graph: Graph;
  /** The ONNX name of a node's output. */
  nameOf: (id: number) => string;
}

/**
 * Lowers a graph to the bytes of an ONNX model: NCHW, any batch, BatchNorm folded. Outputs are named `features`,
 * `lastMaps` and, where the graph has them, `logits`.
 * @param tensors the parameters; those used are taken out, so that they can be freed
 * @throws GelqlError WEIGHTS_INVALID where a parameter is missing or has another shape
 */
export function writeOnnxModel(graph: Graph, tensors: TensorMap): Uint8Array {
  const { nodes, initializers } = lowerGraph(graph, tensors);
  const inputs = [onnxValue(ONNX_INPUT, ['n', ...nodeAt(graph, 0).shape])];
  const outputs = outputNamesOf(graph).map(([id, name]) =>
    onnxValue(name, ['n', ...nodeAt(graph, id).shape]),
  );
  return onnxModel({ name: 'backbone', nodes, initializers, inputs, outputs }).toBytes();
}

/** The nodes and constants between ONNX_INPUT and the outputs' names. Same contract. */
export function lowerGraph(graph: Graph, tensors: TensorMap): Lowering {
  const names = new Map(outputNamesOf(graph));
  const nameOf = (id: number) =>
    names.get(id) ?? (nodeAt(graph, id).op === 'input' ? ONNX_INPUT : `node${id}`);
  const initializers: ProtobufMessage[] = [];
  const lowering: Lowering = { nodes: [], initializers, tensors, graph, nameOf };
  if (graph.nodes.some(hasRelu6)) addRelu6Limits(initializers);
  for (const node of graph.nodes) if (node.op !== 'input') lowerNode(lowering, node);
  return lowering;
}

function outputNamesOf(graph: Graph): [number, string][] {
  return OUTPUTS.flatMap((name): [number, string][] => {
    const id = graph.outputs[name];
    return id === null ? [] : [[id, name]];
  });
}

function lowerNode(lowering: Lowering, node: Exclude<GraphNode, { op: 'input' }>): void {
  const { nodes, nameOf } = lowering;
  const output = nameOf(node.id);
  switch (node.op) {
    case 'conv':
      return lowerConv(lowering, node);
    case 'linear':
      return lowerLinear(lowering, node);
    case 'maxPool':
      nodes.push(
        onnxNode(
          'MaxPool',
          [nameOf(node.input)],
          output,
          windowAttributes(node, [node.padding, node.padding]),
        ),
      );
      return;
    case 'add':
      return withActivation(lowering, node.activation, output, (name) =>
        onnxNode('Add', node.inputs.map(nameOf), name),
      );
    case 'scale':
      nodes.push(onnxNode('Mul', [nameOf(node.maps), nameOf(node.factors)], output));
      return;
    case 'globalAverage':
      nodes.push(onnxNode('GlobalAveragePool', [nameOf(node.input)], output));
      return;
    case 'flatten':
      nodes.push(onnxNode('Flatten', [nameOf(node.input)], output));
      return;
  }
}

function lowerConv(lowering: Lowering, node: ConvNode): void {
  const constants = addConstants(lowering, node.name, takeConv(lowering.graph, node, lowering.tensors));
  const attributes = [...windowAttributes(node, node.padding), { name: 'group', integer: node.groups }];
  withActivation(lowering, node.activation, lowering.nameOf(node.id), (name) =>
    onnxNode('Conv', [lowering.nameOf(node.input), ...constants], name, attributes),
  );
}

function lowerLinear(lowering: Lowering, node: LinearNode): void {
  const constants = addConstants(lowering, node.name, takeLinear(lowering.graph, node, lowering.tensors));
  withActivation(lowering, node.activation, lowering.nameOf(node.id), (name) =>
    onnxNode('Gemm', [lowering.nameOf(node.input), ...constants], name, [{ name: 'transB', integer: 1 }]),
  );
}

function addConstants({ initializers }: Lowering, name: string, { weight, bias }: FoldedLayer): string[] {
  const names = [`${name}.weight`, `${name}.bias`] as const;
  initializers.push(onnxInitializer(names[0], weight));
  initializers.push(onnxInitializer(names[1], { shape: [bias.length], data: bias }));
  return [...names];
}

/** Appends the node that `create` makes and what its activation takes; the last of them is named `output`. */
function withActivation(
  { nodes }: Lowering,
  activation: Activation,
  output: string,
  create: (name: string) => ProtobufMessage,
): void {
  if (activation === 'none') {
    nodes.push(create(output));
    return;
  }
  const linear = `${output}.linear`;
  nodes.push(create(linear));
  switch (activation) {
    case 'relu':
      nodes.push(onnxNode('Relu', [linear], output));
      return;
    case 'relu6':
      nodes.push(onnxNode('Clip', [linear, ...RELU6_LIMITS.map(([name]) => name)], output));
      return;
    case 'hardsigmoid':
      nodes.push(onnxNode('HardSigmoid', [linear], output, HARD_SIGMOID));
      return;
    case 'hardswish': {
      const gate = `${output}.gate`;
      nodes.push(onnxNode('HardSigmoid', [linear], gate, HARD_SIGMOID));
      nodes.push(onnxNode('Mul', [linear, gate], output));
      return;
    }
  }
}

/** The operator takes its limits as inputs: two constants that all nodes of a graph share. */
const RELU6_LIMITS = [
  ['relu6.least', 0],
  ['relu6.most', 6],
] as const;

function hasRelu6(node: GraphNode): boolean {
  return 'activation' in node && node.activation === 'relu6';
}

function addRelu6Limits(initializers: ProtobufMessage[]): void {
  for (const [name, value] of RELU6_LIMITS) {
    initializers.push(onnxInitializer(name, { shape: [], data: Float32Array.of(value) }));
  }
}

/** relu6(x + 3) / 6 as the operator writes it: max(0, min(1, alpha x + beta)). */
const HARD_SIGMOID: readonly OnnxAttribute[] = [
  { name: 'alpha', float: 1 / 6 },
  { name: 'beta', float: 0.5 },
];

function windowAttributes(
  { kernel, stride }: { kernel: number; stride: number },
  [before, after]: Border,
): OnnxAttribute[] {
  return [
    { name: 'kernel_shape', integers: [kernel, kernel] },
    { name: 'strides', integers: [stride, stride] },
    { name: 'pads', integers: [before, before, after, after] },
  ];
}
