import { openBackbone } from './backbone-session.js';
import { GPU_BATCH_SIZES } from './batch-sizes.js';
import { nameFailures, watchNetwork } from './gpu-runs.js';
import { compileForOnnxruntime, onnxruntimeVersion } from './onnxruntime.js';
import type { Engine, EngineOptions } from './engine.js';
import type { CompileNetwork } from './network.js';

/** ONNX Runtime with CUDA, on the one graphics card that this process sees. */
export async function createOnnxruntimeCudaEngine({ threads }: EngineOptions): Promise<Engine> {
  const compile: CompileNetwork = async (graph, tensors) =>
    watchNetwork(await compileForOnnxruntime(graph, tensors, { threads, provider: 'cuda' }), nameFailures);
  return {
    name: 'onnxruntime_cuda',
    version: `${onnxruntimeVersion} (CUDA)`,
    loadBackbone: (backbone, tensors) =>
      openBackbone(compile, backbone, tensors, {
        sumsPlanes: true,
        batchSizes: GPU_BATCH_SIZES,
        pinsRuns: true,
      }),
  };
}
