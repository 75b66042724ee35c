import { openBackbone } from './backbone-session.js';
import { GPU_BATCH_SIZES } from './batch-sizes.js';
import { requestGpuAdapter } from './gpu-adapter.js';
import { nameFailures, watchNetwork } from './gpu-runs.js';
import { compileForOnnxruntime, onnxruntimeVersion } from './onnxruntime.js';
import type { Engine } from './engine.js';

/** @param adapter name of the graphics card */
export function onnxruntimeWebgpuVersion(adapter: string): string {
  return `${onnxruntimeVersion} (WebGPU) on ${adapter}`;
}

/**
 * ONNX Runtime's own WebGPU, with a device that it opens by itself.
 * @throws GelqlError DEVICE_UNAVAILABLE where the machine has no graphics card
 */
export async function createOnnxruntimeWebgpuEngine(options: {
  threads: number;
  softwareGpu: boolean;
}): Promise<Engine> {
  const { name } = await requestGpuAdapter(options);
  const { threads } = options;
  return {
    name: 'onnxruntime_webgpu',
    version: onnxruntimeWebgpuVersion(name),
    loadBackbone: (backbone, tensors) =>
      openBackbone(
        async (graph, taken) =>
          watchNetwork(
            await compileForOnnxruntime(graph, taken, { threads, provider: 'webgpu' }),
            nameFailures,
          ),
        backbone,
        tensors,
        { sumsPlanes: true, batchSizes: GPU_BATCH_SIZES },
      ),
  };
}
