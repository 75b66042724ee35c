import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { INPUT_SIDE } from '../../words/picture.js';
import { extentAt, nodeAt, type Graph, type GraphNode } from '../../networks/graph.js';
import { ONNX_INPUT, writeOnnxModel } from '../../networks/onnx-file.js';
import { openBackbone } from './backbone-session.js';
import { answerOf, type Network } from './network.js';
import { CPU_BATCH_SIZES } from './batch-sizes.js';
import { transposeMatrices } from '../../networks/transpose.js';
import type { TensorMap } from '../../words/architecture.js';
import type { Engine } from './engine.js';

export const onnxruntimeVersion = `onnxruntime-node ${env.versions.node ?? env.versions.common}`;

/**
 * Idle threads of ONNX Runtime spin for their next task, which takes the cores from everybody else: with two threads on a
 * busy machine of two cores 12.1 ms against 6.5 ms a picture (mobilenet_v3_large).
 */
function sessionOptions({ threads, provider }: OnnxruntimeOptions): InferenceSession.SessionOptions {
  const quiet = { extra: { session: { intra_op: { allow_spinning: '0' } } } };
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(threads > 1 ? quiet : {}),
  };
}

export interface OnnxruntimeOptions {
  threads: number;
  /** Where ONNX Runtime executes: there is no silent way from one to the other. */
  provider: 'cpu' | 'webgpu' | 'cuda';
}

/** The layer below a session. */
export async function compileForOnnxruntime(
  graph: Graph,
  tensors: TensorMap,
  options: OnnxruntimeOptions,
): Promise<Network> {
  const session = await InferenceSession.create(writeOnnxModel(graph, tensors), sessionOptions(options));
  const planes = extentAt(nodeAt(graph, 0), 0);
  return {
    order: 'NCHW',
    async run(values, count, names) {
      const input = new Tensor('float32', values, [count, planes, INPUT_SIDE, INPUT_SIDE]);
      const outputs = await session.run({ [ONNX_INPUT]: input }, names);
      const arrays = names.map((name) => {
        const array = float32Of(outputs[name]);
        return name === 'lastMaps'
          ? mapsToChannelsLast(array, count, nodeAt(graph, graph.outputs.lastMaps))
          : array;
      });
      return answerOf(names, arrays);
    },
    release: () => session.release(),
  };
}

export async function createOnnxruntimeEngine({ threads }: { threads: number }): Promise<Engine> {
  const options = { threads, provider: 'cpu' } as const;
  return {
    name: 'onnxruntime',
    version: onnxruntimeVersion,
    loadBackbone: (backbone, tensors) =>
      openBackbone((graph, taken) => compileForOnnxruntime(graph, taken, options), backbone, tensors, {
        sumsPlanes: true,
        batchSizes: CPU_BATCH_SIZES,
      }),
  };
}

function mapsToChannelsLast(maps: Float32Array, count: number, node: GraphNode): Float32Array {
  return transposeMatrices(maps, count, extentAt(node, 0), extentAt(node, 1) * extentAt(node, 2));
}

function float32Of(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array))
    throw new TypeError('ONNX Runtime did not answer with float32');
  return tensor.data;
}
