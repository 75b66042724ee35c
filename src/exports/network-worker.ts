import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serveTask, type CreateTasks } from '../compute/task.js';
import { classifierTensors } from '../networks/classifier-graph.js';
import { writeOnnxClassifier } from '../networks/onnx-classifier.js';
import { TFJS_WEIGHTS_FILE, writeTfjsClassifier, type TfjsModel } from '../networks/tfjs-classifier.js';
import { loadBackboneTensors } from '../networks/weights/backbones.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { CHECK_WEIGHTS, WRITE_NETWORKS, type WriteNetworksTask } from './network-tasks.js';

/** What runs in the thread of network-files.ts: a whole network is read, folded and written in seconds of computing. */

export const ONNX_FILE = 'model.onnx';
export const TFJS_FOLDER = 'tfjs';

export const createTasks: CreateTasks = () => [
  serveTask(WRITE_NETWORKS, writeNetworks),
  serveTask(CHECK_WEIGHTS, async (backbone) => void (await loadBackboneTensors(backbone))),
];

async function writeNetworks({
  classifier,
  headBytes,
  directory,
  metadata,
}: WriteNetworksTask): Promise<void> {
  const backbone = await loadBackboneTensors(classifier.backbone);
  const tensors = classifierTensors(backbone, readSafetensors(headBytes).tensors);
  const onnx = writeOnnxClassifier(classifier, new Map(tensors), metadata);
  await writeFile(join(directory, ONNX_FILE), onnx);
  await writeTfjs(join(directory, TFJS_FOLDER), writeTfjsClassifier(classifier, tensors));
}

async function writeTfjs(directory: string, { topology, weights }: TfjsModel): Promise<void> {
  await mkdir(directory);
  await writeFile(join(directory, 'model.json'), `${JSON.stringify(topology)}\n`);
  await using file = await open(join(directory, TFJS_WEIGHTS_FILE), 'w');
  for (const { buffer, byteOffset, byteLength } of weights) {
    await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
  }
}
