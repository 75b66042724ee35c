import { probeTensorflow } from './tensorflow-probe.js';
import type { EngineDescription, EngineName } from './engine.js';

type Probe = Awaited<ReturnType<EngineDescription['probe']>>;

/** Every engine. Their modules are imported when they are asked for, so that an absent one never breaks the others. */
export const ENGINES: Record<EngineName, EngineDescription> = {
  tensorflow: {
    name: 'tensorflow',
    devices: ['CPU'],
    trainsHeads: true,
    // In larger calls the bits depend on a picture's place.
    stableCount: 1,
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
    stableCount: 8,
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
    stableCount: 8,
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
};

async function availableUnlessThrown(readVersion: () => Promise<string>): Promise<Probe> {
  try {
    return { available: true, version: await readVersion() };
  } catch (error) {
    return { available: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
