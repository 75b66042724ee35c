import { parentPort, workerData } from 'node:worker_threads';
import { requestGpuAdapter } from '../../src/compute/engines/gpu-adapter.js';
import { compileForOnnxruntime } from '../../src/compute/engines/onnxruntime.js';
import { ENGINES } from '../../src/compute/engines/table.js';
import { compileForTensorflow, startTensorflow } from '../../src/compute/engines/tensorflow.js';
import { compileForCudaTensorflow } from '../../src/compute/engines/tensorflow-gpu.js';
import { compileForWasm, startWasm } from '../../src/compute/engines/wasm.js';
import { compileForWebgpu, startWebgpu } from '../../src/compute/engines/webgpu.js';
import { readConfig } from '../../src/config.js';
import { buildGraph } from '../../src/networks/build-graph.js';
import { loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { formulaPictures, formulaWeights } from './formula-weights.js';
import type { CompileNetwork } from '../../src/compute/engines/network.js';
import type { BackboneSession, FeatureBatch } from '../../src/compute/engines/engine.js';
import type { EngineName } from '../../src/words/device.js';
import type { Architecture, BackboneRecord } from '../../src/words/architecture.js';

export type EngineQuestion =
  /** Runs the formula's pictures through the formula's network. */
  | { kind: 'formula'; architecture: Architecture; planes: 1 | 3; salt: number }
  | { kind: 'load'; backbone: BackboneRecord }
  | { kind: 'extract'; inputs: Uint8Array; count: number; lastMaps: boolean }
  /** How many tensors TensorFlow.js holds in this thread. */
  | { kind: 'countTensors' }
  /** Takes the graphics card away from the engine. */
  | { kind: 'loseDevice' }
  | { kind: 'release' };

export interface EngineAnswers {
  formula: { features: Float32Array; logits: Float32Array; lastMaps: Float32Array };
  load: { version: string };
  extract: FeatureBatch;
  countTensors: number;
  loseDevice: null;
  release: null;
}
export type EngineReply = { answer: EngineAnswers[keyof EngineAnswers] } | { failure: string };

const { engine, threads } = workerData as { engine: EngineName; threads: number };
/** The tests have no other graphics card than one that the processor emulates. */
const OPTIONS = { threads, softwareGpu: true, card: null, cacheDir: readConfig().cacheDir };
let session: BackboneSession | null = null;

const COMPILERS: Record<EngineName, () => Promise<CompileNetwork>> = {
  async tensorflow() {
    await startTensorflow();
    return compileForTensorflow;
  },
  onnxruntime: async () => (graph, tensors) =>
    compileForOnnxruntime(graph, tensors, { threads, provider: 'cpu' }),
  async wasm() {
    await startWasm();
    return compileForWasm;
  },
  async webgpu() {
    await startWebgpu(OPTIONS);
    return compileForWebgpu;
  },
  /** Its lowering, on the build for processors: this thread's process has no card. */
  async tensorflow_gpu() {
    await startTensorflow();
    return compileForCudaTensorflow;
  },
  onnxruntime_cuda: async () => (graph, tensors) =>
    compileForOnnxruntime(graph, tensors, { threads, provider: 'cuda' }),
  async onnxruntime_webgpu() {
    await requestGpuAdapter(OPTIONS);
    return (graph, tensors) => compileForOnnxruntime(graph, tensors, { threads, provider: 'webgpu' });
  },
};

async function answer(question: EngineQuestion): Promise<EngineAnswers[keyof EngineAnswers]> {
  switch (question.kind) {
    case 'formula':
      return runFormula(question);
    case 'load': {
      const started = await ENGINES[engine].create(OPTIONS);
      session = await started.loadBackbone(question.backbone, await loadBackboneTensors(question.backbone));
      return { version: started.version };
    }
    case 'extract':
      return loaded().extractFeatures(question.inputs, question.count, { lastMaps: question.lastMaps });
    case 'countTensors':
      return (await import('@tensorflow/tfjs-core')).memory().numTensors;
    case 'loseDevice': {
      const { backend } = await import('@tensorflow/tfjs-core');
      (backend() as unknown as { device: GPUDevice }).device.destroy();
      return null;
    }
    case 'release':
      await loaded().release();
      return null;
  }
}

async function runFormula({ architecture, planes, salt }: Extract<EngineQuestion, { kind: 'formula' }>) {
  const compile = await COMPILERS[engine]();
  const network = await compile(
    buildGraph(architecture, 'logits', planes),
    formulaWeights(architecture, salt),
  );
  const grey = formulaPictures(salt).map((value) => (value - 0.485) / 0.229);
  const values = planes === 1 ? grey : repeatPlanes(grey, network.order);
  try {
    return await network.run(values, 2, ['features', 'logits', 'lastMaps']);
  } finally {
    await network.release();
  }
}

function repeatPlanes(grey: Float32Array, order: 'NCHW' | 'NHWC'): Float32Array {
  const pixels = grey.length / 2;
  return Float32Array.from({ length: 3 * grey.length }, (_, index) => {
    if (order === 'NHWC') return grey[Math.floor(index / 3)] ?? 0;
    return grey[Math.floor(index / (3 * pixels)) * pixels + (index % pixels)] ?? 0;
  });
}

function loaded(): BackboneSession {
  if (session === null) throw new Error('load a backbone first');
  return session;
}

parentPort?.on('message', (question: EngineQuestion) => {
  answer(question).then(
    (value) => parentPort?.postMessage({ answer: value } satisfies EngineReply),
    (error: unknown) => {
      const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parentPort?.postMessage({ failure } satisfies EngineReply);
    },
  );
});
