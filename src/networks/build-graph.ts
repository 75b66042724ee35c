import { INPUT_SIDE } from '../words/picture.js';
import { buildEfficientnetLite0 } from './efficientnet-lite0.js';
import { extentAt, nodeAt, type BackboneEnd, type ConvNode, type Graph, type GraphNode } from './graph.js';
import { buildMobilenetV3Large } from './mobilenet-v3.js';
import { buildResnet18 } from './resnet18.js';
import { buildVgg16 } from './vgg16.js';
import type { Architecture, FeaturePoint } from '../words/architecture.js';

const COLOUR_PLANES = 3;

const BUILDERS: Record<Architecture, (end: BackboneEnd, planes: number, side: number) => Graph> = {
  resnet18: buildResnet18,
  vgg16: buildVgg16,
  mobilenet_v3_large: buildMobilenetV3Large,
  efficientnet_lite0: buildEfficientnetLite0,
};

/**
 * @param planes 3 as the networks are published, or 1 where the three planes of a grey picture are equal
 *   (the first convolution's kernel is then summed over its planes: see fold-batch-norm)
 */
export function buildGraph(
  architecture: Architecture,
  end: BackboneEnd,
  planes: 1 | 3 = COLOUR_PLANES,
): Graph {
  return BUILDERS[architecture](end, planes, INPUT_SIDE);
}

/** D, the number of features per picture at a feature point. */
export function featureSizeOf(architecture: Architecture, featurePoint: FeaturePoint): number {
  const graph = buildGraph(architecture, featurePoint);
  return extentAt(nodeAt(graph, graph.outputs.features), 0);
}

/**
 * Every parameter that a weights file must hold, with its publisher's names and order and torch's layout
 * (`num_batches_tracked`, which nothing needs, is not among them).
 * @param options.withClassifier the whole model, instead of the part up to `featurePoint`
 */
export function expectedShapes(
  architecture: Architecture,
  featurePoint: FeaturePoint,
  options: { withClassifier: boolean },
): Map<string, number[]> {
  const graph = buildGraph(architecture, options.withClassifier ? 'logits' : featurePoint);
  return new Map(graph.nodes.flatMap((node) => parametersOf(graph, node)));
}

type NamedShape = [name: string, shape: number[]];

function parametersOf(graph: Graph, node: GraphNode): NamedShape[] {
  if (node.op === 'conv') return convParameters(graph, node);
  if (node.op !== 'linear') return [];
  const outputs = extentAt(node, 0);
  return [
    [`${node.name}.weight`, [outputs, extentAt(nodeAt(graph, node.input), 0)]],
    [`${node.name}.bias`, [outputs]],
  ];
}

function convParameters(graph: Graph, node: ConvNode): NamedShape[] {
  const channels = extentAt(node, 0);
  const inputChannels = extentAt(nodeAt(graph, node.input), 0) / node.groups;
  const parameters: NamedShape[] = [
    [`${node.name}.weight`, [channels, inputChannels, node.kernel, node.kernel]],
  ];
  if (node.hasBias) parameters.push([`${node.name}.bias`, [channels]]);
  if (node.batchNorm !== null) {
    for (const kind of ['weight', 'bias', 'running_mean', 'running_var']) {
      parameters.push([`${node.batchNorm.name}.${kind}`, [channels]]);
    }
  }
  return parameters;
}
