import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cardEnvironment } from '../../config.js';
import { GraphBuilder } from '../../networks/graph.js';
import { ONNX_INPUT, writeOnnxModel } from '../../networks/onnx-file.js';
import { runCommand, summariseFailure } from '../../setup/tensorflow/run-command.js';
import { findDriverAbsence, remindOfNumber } from './nvidia-driver.js';
import type { EnginePlace, EngineProbe } from './engine.js';

/** What onnxruntime-node loads for CUDA; its package is too large to hold them. */
const PROVIDER_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
const PROBE_TIMEOUT_MS = 50_000;
const MISSING_LIBRARY = /with error: (?:[^:\s]*\/)?([^:\s]+): cannot open shared object file/;

/** Runs a network of two poolings in a process of its own: the log, which names a missing library, is not in the error. */
const RUN_NETWORK = `
const { InferenceSession, Tensor, env } = require(process.argv[1]);
const model = Buffer.from(process.argv[2], 'base64');
InferenceSession.create(model, { executionProviders: ['cuda'] })
  .then((session) => session.run({ ${ONNX_INPUT}: new Tensor('float32', new Float32Array(16), [1, 1, 4, 4]) }))
  .then(() => console.log(env.versions.node ?? env.versions.common));
`;

/** What can be told without loading anything: another platform, no driver, CUDA's part not installed. */
export function findCudaOnnxruntimeAbsence(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `ONNX Runtime computes with CUDA on Linux on x64 only, not on ${process.platform}-${process.arch}.`;
  }
  return findDriverAbsence() ?? findMissingProvider();
}

/** @param directory of the package onnxruntime-node */
export function findMissingProvider(directory: string = packageDirectory()): string | null {
  const bin = join(directory, 'bin');
  const level = readdirSync(bin).find((name) => name.startsWith('napi-v')) ?? '';
  const missing = PROVIDER_LIBRARIES.find((name) => !existsSync(join(bin, level, 'linux', 'x64', name)));
  if (missing === undefined) return null;
  const script = join(directory, 'script', 'install.js');
  return `ONNX Runtime's ${missing} is not installed. Its maker's script fetches it from a package index of its own: node ${script} --onnxruntime-node-install. CUDA 12 and cuDNN 9 must be installed besides.`;
}

export async function probeCudaOnnxruntime({ card }: Pick<EnginePlace, 'card'>): Promise<EngineProbe> {
  const missing = findMissingProvider();
  if (missing !== null) return { available: false, reason: missing };
  const model = Buffer.from(tinyModel()).toString('base64');
  const args = ['-e', RUN_NETWORK, '--', packageDirectory(), model];
  const outcome = await runCommand(process.execPath, args, { timeoutMs: PROBE_TIMEOUT_MS });
  if (outcome.code !== 0) {
    const library = MISSING_LIBRARY.exec(outcome.stderr)?.[1];
    const reason =
      library === undefined ? `${summariseFailure(outcome)}${remindOfNumber(card)}` : explainLibrary(library);
    return { available: false, reason: `ONNX Runtime does not start on the graphics card: ${reason}` };
  }
  const version = `onnxruntime-node ${outcome.stdout.trim()} (CUDA) on ${await readCardName()}`;
  return { available: true, version };
}

function explainLibrary(library: string): string {
  return `${library} cannot be opened. Install CUDA 12 and cuDNN 9, or name their folder in LD_LIBRARY_PATH.`;
}

function tinyModel(): Uint8Array {
  const builder = new GraphBuilder();
  const lastMaps = builder.maxPool(builder.input(1, 4), { kernel: 2, stride: 2 });
  const features = builder.flatten(builder.globalAverage(lastMaps));
  return writeOnnxModel(builder.build({ features, lastMaps, logits: null }), new Map());
}

function packageDirectory(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
}

/** The first of those that this process sees, as the driver's own program tells it. */
export async function readCardName(): Promise<string> {
  const id = cardEnvironment(null).CUDA_VISIBLE_DEVICES ?? '0';
  const args = ['--query-gpu=name', '--format=csv,noheader', '--id', id];
  const { code, stdout } = await runCommand('nvidia-smi', args);
  return code === 0 ? stdout.trim() : 'an unnamed card';
}
