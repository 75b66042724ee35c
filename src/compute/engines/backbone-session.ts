import { INPUT_PIXELS } from '../../images/picture.js';
import { buildGraph } from '../../networks/graph.js';
import { extentAt, nodeAt } from '../../networks/graph-builder.js';
import { GelqlError } from '../../errors.js';
import { normalisationTables, normalise } from './normalise.js';
import type { BackboneRecord, TensorMap } from '../../networks/architecture.js';
import type { Graph, OutputName } from '../../networks/graph-builder.js';
import type { BackboneSession, FeatureBatch } from './engine.js';
import type { PlaneOrder } from './normalise.js';

/** A graph in an engine's memory: the layer below a backbone session, which takes normalised values. */
export interface Network {
  readonly order: PlaneOrder;
  /**
   * @param values normalised input of `count` pictures, planes in `order`
   * @returns one array per name asked for: features [count, D], logits [count, 1000], last maps always NHWC
   */
  run<Name extends OutputName>(
    values: Float32Array,
    count: number,
    names: readonly Name[],
  ): Promise<Record<Name, Float32Array>>;
  release(): Promise<void>;
}

/** Pairs the arrays with the names that asked for them. */
export function answerOf<Name extends OutputName>(
  names: readonly Name[],
  arrays: readonly Float32Array[],
): Record<Name, Float32Array> {
  const pairs = names.map((name, index) => [name, arrays[index]] as const);
  return Object.fromEntries(pairs) as Record<Name, Float32Array>;
}

/** Lowers a graph; takes what it uses out of `tensors`. */
export type CompileNetwork = (graph: Graph, tensors: TensorMap) => Promise<Network>;

/**
 * What every engine does around its network: build the graph, normalise, shape the answer.
 * @param options.sumsPlanes feed one plane where all three are equal, to a first kernel summed over its planes
 */
export async function openBackbone(
  compile: CompileNetwork,
  backbone: BackboneRecord,
  tensors: TensorMap,
  options: { sumsPlanes: boolean },
): Promise<BackboneSession> {
  const tables = normalisationTables(backbone, options);
  const graph = buildGraph(backbone.architecture, backbone.featurePoint, tables.length === 1 ? 1 : 3);
  checkFeatureSize(backbone, graph);
  const network = await compile(graph, tensors);
  const lastMaps = nodeAt(graph, graph.outputs.lastMaps);
  const mapShape = {
    channels: extentAt(lastMaps, 0),
    height: extentAt(lastMaps, 1),
    width: extentAt(lastMaps, 2),
  };
  return {
    async extractFeatures(inputs, count, wanted): Promise<FeatureBatch> {
      if (inputs.length !== count * INPUT_PIXELS) {
        throw new RangeError(`${count} pictures have ${count * INPUT_PIXELS} pixels, not ${inputs.length}`);
      }
      const values = normalise(inputs, count, tables, network.order);
      if (!wanted.lastMaps) return network.run(values, count, ['features']);
      const answer = await network.run(values, count, ['features', 'lastMaps']);
      return { features: answer.features, lastMaps: { data: answer.lastMaps, ...mapShape } };
    },
    release: () => network.release(),
  };
}

function checkFeatureSize(backbone: BackboneRecord, graph: Graph): void {
  const size = extentAt(nodeAt(graph, graph.outputs.features), 0);
  if (size === backbone.featureSize) return;
  const { architecture, featurePoint } = backbone;
  const message = `${backbone.id} claims ${backbone.featureSize} features; ${architecture} has ${size} at ${featurePoint}.`;
  throw new GelqlError('WEIGHTS_INVALID', message);
}
