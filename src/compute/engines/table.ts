import { findCudaOnnxruntimeAbsence, probeCudaOnnxruntime } from './onnxruntime-cuda-probe.js';
import { findCudaTensorflowAbsence, probeCudaTensorflow } from './tensorflow-gpu-probe.js';
import { probeTensorflow } from './tensorflow-probe.js';
import { CPU_BATCH_SIZES, GPU_BATCH_SIZES } from './batch-sizes.js';
import { findGpuAbsence, requestGpuAdapter } from './gpu-adapter.js';
import type { EngineDescription, EngineProbe } from './engine.js';
import type { Device, EngineName } from '../../words/device.js';

/** Every engine. Their modules are imported when they are asked for, so that an absent one never breaks the others. */
export const ENGINES: Record<EngineName, EngineDescription> = {
  tensorflow: {
    name: 'tensorflow',
    devices: ['CPU'],
    trainsHeads: true,
    trainsNetworks: true,
    // In larger calls the bits depend on a picture's place.
    stableCount: 1,
    batchSizes: CPU_BATCH_SIZES,
    hasOwnProcess: false,
    probe: probeTensorflow,
    async create() {
      const { createTensorflowEngine } = await import('./tensorflow.js');
      return createTensorflowEngine();
    },
  },
  onnxruntime: {
    name: 'onnxruntime',
    devices: ['CPU'],
    trainsHeads: false,
    trainsNetworks: false,
    stableCount: 8,
    batchSizes: CPU_BATCH_SIZES,
    hasOwnProcess: false,
    probe: () => availableUnlessThrown(async () => (await import('./onnxruntime.js')).onnxruntimeVersion),
    async create(options) {
      const { createOnnxruntimeEngine } = await import('./onnxruntime.js');
      return createOnnxruntimeEngine(options);
    },
  },
  wasm: {
    name: 'wasm',
    devices: ['CPU'],
    trainsHeads: true,
    trainsNetworks: false,
    stableCount: 8,
    batchSizes: CPU_BATCH_SIZES,
    hasOwnProcess: false,
    probe: () =>
      availableUnlessThrown(async () => {
        const { checkWasmFiles, wasmVersion } = await import('./wasm.js');
        checkWasmFiles();
        return wasmVersion;
      }),
    async create() {
      const { createWasmEngine } = await import('./wasm.js');
      return createWasmEngine();
    },
  },
  tensorflow_gpu: {
    name: 'tensorflow_gpu',
    devices: ['GPU'],
    trainsHeads: true,
    trainsNetworks: true,
    // A picture alone has the same bits whatever else is computed; more was not measured.
    stableCount: 1,
    batchSizes: GPU_BATCH_SIZES,
    hasOwnProcess: true,
    findAbsence: findCudaTensorflowAbsence,
    probe: (place) => probeCudaTensorflow(place),
    async create(options) {
      const { createCudaTensorflowEngine } = await import('./tensorflow-gpu.js');
      return createCudaTensorflowEngine(options);
    },
  },
  onnxruntime_cuda: {
    name: 'onnxruntime_cuda',
    devices: ['GPU'],
    trainsHeads: false,
    trainsNetworks: false,
    // A picture alone has the same bits whatever else is computed; more was not measured.
    stableCount: 1,
    batchSizes: GPU_BATCH_SIZES,
    hasOwnProcess: true,
    findAbsence: findCudaOnnxruntimeAbsence,
    probe: probeCudaOnnxruntime,
    async create(options) {
      const { createOnnxruntimeCudaEngine } = await import('./onnxruntime-cuda.js');
      return createOnnxruntimeCudaEngine(options);
    },
  },
  webgpu: {
    name: 'webgpu',
    devices: ['GPU'],
    trainsHeads: true,
    trainsNetworks: true,
    stableCount: 8,
    batchSizes: GPU_BATCH_SIZES,
    hasOwnProcess: false,
    findAbsence: findGpuAbsence,
    probe: (options) =>
      availableUnlessThrown(async () => {
        const { startWebgpu, webgpuVersion } = await import('./webgpu.js');
        return webgpuVersion((await startWebgpu(options)).adapter);
      }),
    async create(options) {
      const { createWebgpuEngine } = await import('./webgpu.js');
      return createWebgpuEngine(options);
    },
  },
  onnxruntime_webgpu: {
    name: 'onnxruntime_webgpu',
    devices: ['GPU'],
    trainsHeads: false,
    trainsNetworks: false,
    stableCount: 8,
    batchSizes: GPU_BATCH_SIZES,
    hasOwnProcess: true,
    findAbsence: findGpuAbsence,
    probe: (options) =>
      availableUnlessThrown(async () => {
        const { name } = await requestGpuAdapter(options);
        return (await import('./onnxruntime-webgpu.js')).onnxruntimeWebgpuVersion(name);
      }),
    async create(options) {
      const { createOnnxruntimeWebgpuEngine } = await import('./onnxruntime-webgpu.js');
      return createOnnxruntimeWebgpuEngine(options);
    },
  },
};

/** What an engine computes on. */
export function deviceOf(engine: EngineName): Device {
  const [device] = ENGINES[engine].devices;
  if (device === undefined) throw new RangeError(`the engine ${engine} has no device`);
  return device;
}

async function availableUnlessThrown(readVersion: () => Promise<string>): Promise<EngineProbe> {
  try {
    return { available: true, version: await readVersion() };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
