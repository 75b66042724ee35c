import type { FeaturePoint } from '../words/architecture.js';

/**
 * The intermediate form of a network: nodes in the order of computation, with torchvision's parameter names. It knows
 * shapes but no weights; engines lower it to their own operations.
 */

/** Where a graph ends: at a feature point, or through torchvision's own classifier. */
export type BackboneEnd = FeaturePoint | 'logits';

export type Activation = 'none' | 'relu' | 'relu6' | 'hardswish' | 'hardsigmoid';

/** Zeros before the first and behind the last row, and column: torch pads alike on both sides, TensorFlow does not. */
export type Border = readonly [before: number, after: number];

interface NodeBase {
  readonly id: number;
  /** Shape without the batch: [channels, height, width] for maps, [features] for vectors. */
  readonly shape: readonly number[];
}
export interface InputNode extends NodeBase {
  readonly op: 'input';
}
export interface BatchNorm {
  readonly name: string;
  readonly epsilon: number;
  /** Share of a batch in the running statistics, as torch counts it. */
  readonly momentum: number;
}
export interface ConvNode extends NodeBase {
  readonly op: 'conv';
  readonly input: number;
  /** Prefix of `.weight` and, where `hasBias`, `.bias`. */
  readonly name: string;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Border;
  /** 1, or the number of input channels (depthwise). */
  readonly groups: number;
  readonly hasBias: boolean;
  readonly batchNorm: BatchNorm | null;
  readonly activation: Activation;
}
export interface MaxPoolNode extends NodeBase {
  readonly op: 'maxPool';
  readonly input: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}
export interface AddNode extends NodeBase {
  readonly op: 'add';
  readonly inputs: readonly [number, number];
  readonly activation: Activation;
}
/** Multiplies each channel of the maps by its factor: the second half of squeeze-excite. */
export interface ScaleNode extends NodeBase {
  readonly op: 'scale';
  readonly maps: number;
  /** A node of shape [channels, 1, 1]. */
  readonly factors: number;
}
/** Mean over height and width: [channels, 1, 1]. */
export interface GlobalAverageNode extends NodeBase {
  readonly op: 'globalAverage';
  readonly input: number;
}
/** Maps to a vector in torch's order: channel, row, column. */
export interface FlattenNode extends NodeBase {
  readonly op: 'flatten';
  readonly input: number;
}
export interface LinearNode extends NodeBase {
  readonly op: 'linear';
  readonly input: number;
  readonly name: string;
  readonly activation: Activation;
}
export type GraphNode =
  InputNode | ConvNode | MaxPoolNode | AddNode | ScaleNode | GlobalAverageNode | FlattenNode | LinearNode;

export const OUTPUTS = ['features', 'lastMaps', 'logits'] as const;
export type OutputName = (typeof OUTPUTS)[number];

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** Which node gives what; `logits` only where the graph reaches through the classifier. */
  readonly outputs: { readonly features: number; readonly lastMaps: number; readonly logits: number | null };
}

interface ConvOptions {
  name: string;
  channels: number;
  kernel: number;
  stride?: number;
  /** Zeros on each side, or TensorFlow's SAME: see sameBorder. */
  padding?: number | 'same';
  groups?: number;
  hasBias?: boolean;
  batchNorm?: BatchNorm;
  activation?: Activation;
}
interface PoolOptions {
  kernel: number;
  stride: number;
  padding?: number;
}

/** Appends nodes, infers their shapes and hands out their ids. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];

  input(channels: number, side: number): number {
    return this.#append({ op: 'input', id: this.#nodes.length, shape: [channels, side, side] });
  }

  conv(input: number, options: ConvOptions): number {
    const { name, channels, kernel, stride = 1, padding = 0, groups = 1 } = options;
    const { hasBias = false, batchNorm = null, activation = 'none' } = options;
    const border: Border =
      padding === 'same' ? sameBorder(extentAt(this.#node(input), 1), kernel, stride) : [padding, padding];
    const shape = this.#slide(input, channels, { kernel, stride, border });
    const id = this.#nodes.length;
    const geometry = { kernel, stride, padding: border, groups };
    return this.#append({ op: 'conv', id, shape, input, name, ...geometry, hasBias, batchNorm, activation });
  }

  maxPool(input: number, { kernel, stride, padding = 0 }: PoolOptions): number {
    const border: Border = [padding, padding];
    const shape = this.#slide(input, this.channelsOf(input), { kernel, stride, border });
    return this.#append({ op: 'maxPool', id: this.#nodes.length, shape, input, kernel, stride, padding });
  }

  add(left: number, right: number, activation: Activation): number {
    const { shape } = this.#node(left);
    return this.#append({ op: 'add', id: this.#nodes.length, shape, inputs: [left, right], activation });
  }

  scale(maps: number, factors: number): number {
    return this.#append({
      op: 'scale',
      id: this.#nodes.length,
      shape: this.#node(maps).shape,
      maps,
      factors,
    });
  }

  globalAverage(input: number): number {
    const shape = [this.channelsOf(input), 1, 1];
    return this.#append({ op: 'globalAverage', id: this.#nodes.length, shape, input });
  }

  flatten(input: number): number {
    const size = this.#node(input).shape.reduce((product, extent) => product * extent, 1);
    return this.#append({ op: 'flatten', id: this.#nodes.length, shape: [size], input });
  }

  linear(input: number, name: string, size: number, activation: Activation = 'none'): number {
    return this.#append({ op: 'linear', id: this.#nodes.length, shape: [size], input, name, activation });
  }

  channelsOf(id: number): number {
    return extentAt(this.#node(id), 0);
  }

  build(outputs: Graph['outputs']): Graph {
    return { nodes: this.#nodes, outputs };
  }

  #append(node: GraphNode): number {
    this.#nodes.push(node);
    return node.id;
  }

  #node(id: number): GraphNode {
    return nodeAt({ nodes: this.#nodes }, id);
  }

  #slide(
    input: number,
    channels: number,
    { kernel, stride, border: [before, after] }: { kernel: number; stride: number; border: Border },
  ): number[] {
    const node = this.#node(input);
    const slide = (extent: number) => Math.floor((extent + before + after - kernel) / stride) + 1;
    return [channels, slide(extentAt(node, 1)), slide(extentAt(node, 2))];
  }
}

/** TensorFlow's SAME: as many outputs as strides fit; where the zeros are odd in number, one more comes behind. */
function sameBorder(extent: number, kernel: number, stride: number): Border {
  const total = Math.max((Math.ceil(extent / stride) - 1) * stride + kernel - extent, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

export function hasBorder([before, after]: Border): boolean {
  return before > 0 || after > 0;
}

/** Whether a window that moves by one pixel gives as many values as it reads, with torch's borders and TensorFlow's alike. */
export function keepsExtent({ kernel, stride, padding: [before, after] }: ConvNode): boolean {
  return stride === 1 && before === after && before + after === kernel - 1;
}

export function nodeAt(graph: Pick<Graph, 'nodes'>, id: number): GraphNode {
  const node = graph.nodes[id];
  if (node === undefined) throw new RangeError(`the graph has no node ${id}`);
  return node;
}

/** @returns the ids of the nodes that `node` reads. */
export function inputsOf(node: GraphNode): readonly number[] {
  switch (node.op) {
    case 'input':
      return [];
    case 'add':
      return node.inputs;
    case 'scale':
      return [node.maps, node.factors];
    case 'conv':
    case 'maxPool':
    case 'globalAverage':
    case 'flatten':
    case 'linear':
      return [node.input];
  }
}

/** @throws RangeError where the graph stops before the classifier and `logits` are asked for */
export function outputNode(graph: Graph, name: OutputName): number {
  const id = graph.outputs[name];
  if (id === null) throw new RangeError(`the graph has no ${name}`);
  return id;
}

export function extentAt(node: GraphNode, axis: number): number {
  const extent = node.shape[axis];
  if (extent === undefined) throw new RangeError(`node ${node.id} (${node.op}) has no axis ${axis}`);
  return extent;
}
