import { buildGraph } from './build-graph.js';
import { headLayers } from './heads.js';
import type { BackboneRecord, HeadKind, TensorMap } from '../words/architecture.js';
import type { Graph, GraphNode } from './graph.js';

/** Everything that a picture's probabilities follow from, from the network input on. */
export interface Classifier {
  backbone: BackboneRecord;
  head: HeadKind;
  classes: readonly string[];
  /** Divides the logits before the softmax; 1 where the model is not calibrated. */
  temperature: number;
}

const HEAD_PREFIX = 'head.';

/**
 * The backbone's graph with the head behind its features: `logits` are the head's, not torchvision's.
 * @param planes as buildGraph
 */
export function buildClassifierGraph({ backbone, head, classes }: Classifier, planes: 1 | 3): Graph {
  const graph = buildGraph(backbone.architecture, backbone.featurePoint, planes);
  const nodes: GraphNode[] = [...graph.nodes];
  let input = graph.outputs.features;
  const layers = headLayers(head, backbone.featureSize, classes.length);
  for (const [index, { name, outputs }] of layers.entries()) {
    const activation = index < layers.length - 1 ? 'relu' : 'none';
    const id = nodes.length;
    nodes.push({ op: 'linear', id, shape: [outputs], input, name: `${HEAD_PREFIX}${name}`, activation });
    input = id;
  }
  return { nodes, outputs: { ...graph.outputs, logits: input } };
}

/** The parameters of that graph; the maps given stay as they are. */
export function classifierTensors(backbone: TensorMap, head: TensorMap): TensorMap {
  const tensors: TensorMap = new Map(backbone);
  for (const [name, tensor] of head) tensors.set(`${HEAD_PREFIX}${name}`, tensor);
  return tensors;
}
