import * as tf from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import { openBackbone } from './backbone-session.js';
import { GPU_BATCH_SIZES } from './batch-sizes.js';
import { requestGpuAdapter } from './gpu-adapter.js';
import { watchGpu, watchNetwork } from './gpu-runs.js';
import { compileTfjsGraph, fusedConv, fusedDepthwise, type TfjsDialect } from './tfjs-graph.js';
import type { CompileNetwork } from './network.js';
import type { Engine } from './engine.js';

const BACKEND = 'webgpu';

const DIALECT: TfjsDialect = {
  backend: BACKEND,
  maxPool: (maps, { kernel, stride, padding }) => tf.maxPool(maps, kernel, stride, padding),
  globalAverage: (maps) => tf.mean(maps, [1, 2], true),
  conv: fusedConv,
  depthwise: fusedDepthwise,
};

/** What the kernels need more of than WebGPU promises everywhere; all that the card has of it is asked for. */
const LIMITS = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBufferBindingSize',
] as const;

export interface StartedWebgpu {
  device: GPUDevice;
  /** Name of the graphics card. */
  adapter: string;
}

/**
 * Makes WebGPU the backend of TensorFlow.js in this thread, on a device of its own. Called again, for example after the
 * device was lost, it takes a new device; tensors of the old one are gone.
 * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
 */
export async function startWebgpu(options: { softwareGpu: boolean }): Promise<StartedWebgpu> {
  const { adapter, name } = await requestGpuAdapter(options);
  const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
  const device = await adapter.requestDevice({ requiredLimits });
  // The gradients of training come with the layers.
  await import('@tensorflow/tfjs-layers');
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  // The package registers a backend of its own when it is imported, on whatever adapter comes first.
  tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => new WebGPUBackend(device, adapter.info));
  if (!(await tf.setBackend(BACKEND))) {
    throw new GelqlError('ENGINE_UNAVAILABLE', 'TensorFlow.js cannot start its WebGPU backend.');
  }
  return { device, adapter: name };
}

/** @param adapter name of the graphics card */
export function webgpuVersion(adapter: string): string {
  return `tfjs-webgpu ${tf.version_core} on ${adapter}`;
}

/** The layer below a session; `startWebgpu` comes first. */
export const compileForWebgpu: CompileNetwork = async (graph, tensors) =>
  compileTfjsGraph(graph, tensors, DIALECT);

export async function createWebgpuEngine(options: { softwareGpu: boolean }): Promise<Engine> {
  const { device, adapter } = await startWebgpu(options);
  const watch = watchGpu(device);
  const compile: CompileNetwork = async (graph, taken) =>
    watchNetwork(await compileForWebgpu(graph, taken), watch);
  return {
    name: 'webgpu',
    version: webgpuVersion(adapter),
    training: { compile, watch },
    loadBackbone: (backbone, tensors) =>
      openBackbone(compile, backbone, tensors, {
        sumsPlanes: true,
        batchSizes: GPU_BATCH_SIZES,
        pinsRuns: true,
      }),
  };
}
