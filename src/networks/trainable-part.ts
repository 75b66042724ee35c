import type { TrainedPart } from '../words/training-settings.js';
import { inputsOf, type Graph, type GraphNode } from './graph.js';
import type { Architecture } from '../words/architecture.js';

const STEMS: Record<Architecture, string> = {
  resnet18: 'conv1',
  vgg16: 'features.0',
  mobilenet_v3_large: 'features.0.0',
  efficientnet_lite0: '_conv_stem',
};

const LAST_STAGES: Record<Architecture, readonly string[]> = {
  resnet18: ['layer4.'],
  vgg16: ['features.24', 'features.26', 'features.28'],
  mobilenet_v3_large: ['features.13.', 'features.14.', 'features.15.', 'features.16.', 'classifier.0'],
  efficientnet_lite0: [11, 12, 13, 14, 15].map((block) => `_blocks.${block}.`).concat('_conv_head'),
};

/** Shares that the network's own dropout behind a linear layer of the backbone drops in train mode. */
export const BACKBONE_DROPOUT: Record<Architecture, Readonly<Record<string, number>>> = {
  resnet18: {},
  vgg16: { 'classifier.0': 0.5, 'classifier.3': 0.5 },
  mobilenet_v3_large: { 'classifier.0': 0.2 },
  efficientnet_lite0: {},
};

/** @param layer name of a convolution or linear layer as the graph names it; its BatchNorm goes with it */
export function isTrained(part: TrainedPart, architecture: Architecture, layer: string): boolean {
  switch (part) {
    case 'STEM_AND_HEAD':
      return layer === STEMS[architecture];
    case 'LAST_STAGE':
      return LAST_STAGES[architecture].some((prefix) => layer.startsWith(prefix));
    case 'ALL':
      return true;
  }
}

/** Planes that the network to be trained takes: the new first convolution has one. */
export function planesOf(part: TrainedPart): 1 | 3 {
  return part === 'STEM_AND_HEAD' ? 1 : 3;
}

/** A graph in two: what nothing to be trained comes before, and the rest, whose input is the other's `features`. */
export interface CutGraph {
  /** Null where the first layer is trained already. */
  frozen: Graph | null;
  trained: Graph;
}

/** Cuts before the first layer that `part` trains: what the frozen side gives for a picture never changes. */
export function cutGraph(graph: Graph, part: TrainedPart, architecture: Architecture): CutGraph {
  const first = graph.nodes.find(
    (node) => (node.op === 'conv' || node.op === 'linear') && isTrained(part, architecture, node.name),
  );
  const [cut = 0] = first === undefined ? [] : inputsOf(first);
  if (cut === 0) return { frozen: null, trained: graph };
  const frozen = {
    nodes: graph.nodes.slice(0, cut + 1),
    outputs: { features: cut, lastMaps: cut, logits: null },
  };
  return { frozen, trained: graphBehind(graph, cut) };
}

/** @throws RangeError where something behind the cut also reads what lies before it */
function graphBehind(graph: Graph, cut: number): Graph {
  const move = (id: number): number => {
    if (id < cut)
      throw new RangeError(`the graph cannot be cut at node ${cut}: node ${id} is read behind it`);
    return id - cut;
  };
  const nodes = graph.nodes.slice(cut).map((node): GraphNode => {
    if (node.id === cut) return { op: 'input', id: 0, shape: node.shape };
    const id = move(node.id);
    switch (node.op) {
      case 'input':
        return { ...node, id };
      case 'add':
        return { ...node, id, inputs: [move(node.inputs[0]), move(node.inputs[1])] };
      case 'scale':
        return { ...node, id, maps: move(node.maps), factors: move(node.factors) };
      case 'conv':
      case 'maxPool':
      case 'globalAverage':
      case 'flatten':
      case 'linear':
        return { ...node, id, input: move(node.input) };
    }
  });
  const { features, lastMaps } = graph.outputs;
  return { nodes, outputs: { features: move(features), lastMaps: move(lastMaps), logits: null } };
}
