import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { printNote } from '../../src/cli/terminal/output.js';
import { PACKAGE_DIR } from '../../src/config.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { classifierTensors } from '../../src/networks/classifier-graph.js';
import { writeOnnxClassifier } from '../../src/networks/onnx-classifier.js';
import { loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';
import { readModelFolder } from '../../src/registry/model-folder.js';
import type { BenchContext, Subject } from './bench-context.js';
import { startListening, type ServerProcess } from './server-process.js';

const PEERS_SOURCE = join(PACKAGE_DIR, 'bench', 'peers');

/**
 * Makes the virtual environment of the peers where it is not there yet.
 * @returns why it cannot be made, for example without a network; null where it is ready
 */
export async function makePeersEnvironment(peersDir: string): Promise<string | null> {
  printNote(`The peers' environment: ${peersDir}`);
  try {
    await promisify(execFile)('bash', [join(PEERS_SOURCE, 'make-environment.sh'), peersDir]);
    return null;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    return (stderr.trim() || message).split('\n').at(-1) ?? message;
  }
}

/** FastAPI with the model of `subject`, in PyTorch and in ONNX Runtime, each with the threads that gelql has. */
export async function startPeers(
  { config, folder, peersDir }: BenchContext,
  { backbone }: Subject,
): Promise<{ pytorch: ServerProcess; onnxruntime: ServerProcess }> {
  const modelDir = join(config.modelsDir, 'gelql-base', backbone.architecture);
  const onnxFile = join(folder, 'classifier.onnx');
  await writeClassifier(backbone, modelDir, onnxFile);
  const start = (engine: string, weights: string) =>
    startListening(
      join(peersDir, 'bin', 'python'),
      [join(PEERS_SOURCE, 'serve.py'), engine, weights, modelDir, String(config.threads)],
      // OpenMP's threads spin by default, which costs PyTorch a factor of 5 to 20 where the cores have other work.
      { OMP_WAIT_POLICY: 'PASSIVE', PYTHONDONTWRITEBYTECODE: '1' },
    );
  const pytorch = await start('pytorch', backbone.file);
  try {
    return { pytorch, onnxruntime: await start('onnxruntime', onnxFile) };
  } catch (error) {
    await pytorch.stop();
    throw error;
  }
}

/** With the product's own writer; its probabilities are not used, so no temperature matters. */
async function writeClassifier(backbone: BackboneRecord, modelDir: string, file: string): Promise<void> {
  const { record, headBytes } = await readModelFolder(modelDir);
  const classifier = { backbone, head: record.head.kind, classes: record.classes, temperature: 1 };
  const head = readSafetensors(headBytes).tensors;
  const tensors = classifierTensors(await loadBackboneTensors(backbone), head);
  await writeFile(file, writeOnnxClassifier(classifier, tensors, {}));
}
