import { INPUT_PIXELS } from '../../words/picture.js';
import { buildGraph } from '../../networks/build-graph.js';
import { extentAt, nodeAt, type Graph } from '../../networks/graph.js';
import { GelqlError } from '../../errors.js';
import { largestOf, nextPowerOfTwo } from './batch-sizes.js';
import { normalisationTables, normalise } from '../../networks/normalise.js';
import type { BackboneRecord, TensorMap } from '../../words/architecture.js';
import type { BackboneSession, FeatureBatch } from './engine.js';
import type { CompileNetwork } from './network.js';

interface RunAnswer {
  features: Float32Array;
  lastMaps: Float32Array | null;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof GelqlError && error.code === 'DEVICE_OUT_OF_MEMORY';
}

/**
 * What every engine does around its network: build the graph, normalise, shape the answer.
 * Larger calls are cut into runs of `batchSizes`' last. Where a run does not fit into the device's memory, it and all later
 * ones are halved, once; a second such failure is the caller's.
 * @param options.sumsPlanes feed one plane where all three are equal, to a first kernel summed over its planes
 * @param options.pinsRuns fill every run up with empty pictures to the next power of two, for libraries that keep memory or
 * tune themselves for each size that they meet
 */
export async function openBackbone(
  compile: CompileNetwork,
  backbone: BackboneRecord,
  tensors: TensorMap,
  options: { sumsPlanes: boolean; batchSizes: readonly number[]; pinsRuns?: boolean },
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
  let largestRun = largestOf(options.batchSizes);
  let isHalved = false;
  let scratch: Float32Array = new Float32Array();

  async function extractRun(pictures: Uint8Array, count: number, withMaps: boolean): Promise<RunAnswer> {
    const runSize = options.pinsRuns === true ? nextPowerOfTwo(count) : count;
    const [filled, size] = [count, runSize].map((rows) => rows * INPUT_PIXELS * tables.length) as [
      number,
      number,
    ];
    if (scratch.length < size) scratch = new Float32Array(size);
    normalise(pictures, count, tables, network.order, scratch);
    const values = scratch.fill(0, filled, size).subarray(0, size);
    if (withMaps) return network.run(values, runSize, ['features', 'lastMaps']);
    return { ...(await network.run(values, runSize, ['features'])), lastMaps: null };
  }

  /** What is left to do of a run that was too large is done by the caller's loop, in smaller steps. */
  async function extractFitting(
    pictures: Uint8Array,
    count: number,
    withMaps: boolean,
  ): Promise<RunAnswer & { done: number }> {
    try {
      return { ...(await extractRun(pictures, count, withMaps)), done: count };
    } catch (error) {
      if (isHalved || count === 1 || !isOutOfMemory(error)) throw error;
      isHalved = true;
      largestRun = Math.ceil(count / 2);
      const half = pictures.subarray(0, largestRun * INPUT_PIXELS);
      return { ...(await extractRun(half, largestRun, withMaps)), done: largestRun };
    }
  }

  return {
    async extractFeatures(inputs, count, wanted): Promise<FeatureBatch> {
      if (inputs.length !== count * INPUT_PIXELS) {
        throw new RangeError(`${count} pictures have ${count * INPUT_PIXELS} pixels, not ${inputs.length}`);
      }
      const features = new Float32Array(count * backbone.featureSize);
      const maps = wanted.lastMaps ? new Float32Array(count * mapSize) : null;
      for (let start = 0; start < count;) {
        const runCount = Math.min(largestRun, count - start);
        const pictures = inputs.subarray(start * INPUT_PIXELS, (start + runCount) * INPUT_PIXELS);
        const answer = await extractFitting(pictures, runCount, maps !== null);
        features.set(
          answer.features.subarray(0, answer.done * backbone.featureSize),
          start * backbone.featureSize,
        );
        if (answer.lastMaps !== null)
          maps?.set(answer.lastMaps.subarray(0, answer.done * mapSize), start * mapSize);
        start += answer.done;
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
