import { readdirSync } from 'node:fs';
import { GelqlError } from '../../errors.js';
import type { EnginePlace } from './engine.js';

/** A graphics card as WebGPU shows it. */
export interface GpuAdapter {
  adapter: GPUAdapter;
  /** For example `NVIDIA H100 80GB HBM3`. */
  name: string;
}

/** What renders on the processor calls itself: SwiftShader, Mesa's llvmpipe and lavapipe, Windows' WARP. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;
/** The device files through which Linux gives access to a graphics card; `dxg` is the one of WSL. */
const DEVICE_FILES = /^(dri|nvidia\d+|nvidiactl|dxg|kfd|mali\d*)$/;

/** One for the thread: its adapters and devices are gone when it is collected. */
let instance: Promise<GPU> | null = null;

/** Puts WebGPU where libraries written for browsers look for it: `navigator.gpu` and the constants beside it. */
async function openWebgpu(): Promise<GPU> {
  const { create, globals } = await import('webgpu');
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) define(name, value);
  }
  const gpu = create([]);
  define('navigator', { gpu, userAgent: 'node' });
  return gpu;
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/**
 * The fastest graphics card of this machine, by the driver's own ranking.
 * @param options.softwareGpu takes one that is emulated by the processor too, for tests
 * @throws GelqlError DEVICE_UNAVAILABLE where there is none
 */
export async function requestGpuAdapter({ softwareGpu }: { softwareGpu: boolean }): Promise<GpuAdapter> {
  instance ??= openWebgpu();
  const gpu = await instance;
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new GelqlError(
      'DEVICE_UNAVAILABLE',
      'WebGPU finds no graphics card: its driver with Vulkan (on Linux with libvulkan.so.1 of the package libvulkan1), Metal or Direct3D 12 must be installed.',
    );
  }
  const name = nameOf(adapter.info);
  if (isSoftware(adapter.info) && !softwareGpu) {
    throw new GelqlError(
      'DEVICE_UNAVAILABLE',
      `${name} computes on the processor and is not taken for a graphics card; GELQL_SOFTWARE_GPU=true takes it all the same, for tests.`,
    );
  }
  return { adapter, name };
}

function nameOf({ device, description, vendor, architecture }: GPUAdapterInfo): string {
  return [device, description, `${vendor} ${architecture}`].find((name) => name.trim() !== '') ?? 'unnamed';
}

function isSoftware(info: GPUAdapterInfo): boolean {
  const names = [info.device, info.description, info.architecture].join(' ');
  return info.isFallbackAdapter || SOFTWARE.test(names);
}

/** Says without loading anything that a Linux machine has no graphics card, or that one cannot be chosen by its number. */
export function findGpuAbsence({ softwareGpu, card }: Omit<EnginePlace, 'cacheDir'>): string | null {
  if (card !== null) {
    return 'WebGPU takes the card that the driver ranks first and none by its number: ask for GPU instead of a card.';
  }
  if (softwareGpu || process.platform !== 'linux') return null;
  const hasDevice = readdirSync('/dev').some((name) => DEVICE_FILES.test(name));
  return hasDevice ? null : 'This machine has no graphics card (no /dev/dri, /dev/nvidia* or /dev/dxg).';
}
