import { INPUT_PIXELS } from '../../images/picture.js';
import { buildGraph } from '../../networks/graph.js';
import { extentAt, nodeAt } from '../../networks/graph-builder.js';
import { GelqlError } from '../../errors.js';
import { normalisationTables, normalise } from '../../networks/normalise.js';
import type { BackboneRecord, TensorMap } from '../../networks/architecture.js';
import type { Graph, OutputName } from '../../networks/graph-builder.js';
import type { BackboneSession, FeatureBatch } from './engine.js';
import type { PlaneOrder } from '../../networks/normalise.js';

/**
 * Pictures that go through a network at once. Larger batches are cut: beyond 8 the maps leave the caches and every engine
 * is slower or as fast (ms a picture at 8 and 32: ONNX Runtime 31 and 33, TensorFlow 38 and 38, wasm 120 and 119 for
 * ResNet18 on one thread), while memory would grow with the batch (TensorFlow 620 and 930 MB).
 */
export const LARGEST_RUN = 8;

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
  const mapSize = lastMaps.shape.reduce((product, extent) => product * extent, 1);
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
      const features = new Float32Array(count * backbone.featureSize);
      const maps = wanted.lastMaps ? new Float32Array(count * mapSize) : null;
      for (let start = 0; start < count; start += LARGEST_RUN) {
        const runCount = Math.min(LARGEST_RUN, count - start);
        const pictures = inputs.subarray(start * INPUT_PIXELS, (start + runCount) * INPUT_PIXELS);
        const values = normalise(pictures, runCount, tables, network.order);
        if (maps === null) {
          features.set(
            (await network.run(values, runCount, ['features'])).features,
            start * backbone.featureSize,
          );
        } else {
          const answer = await network.run(values, runCount, ['features', 'lastMaps']);
          features.set(answer.features, start * backbone.featureSize);
          maps.set(answer.lastMaps, start * mapSize);
        }
      }
      return maps === null ? { features } : { features, lastMaps: { data: maps, ...mapShape } };
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
