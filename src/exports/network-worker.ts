import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUint8Array } from 'node:util/types';
import { z } from 'zod';
import { serveTask } from '../compute/task-envelope.js';
import { backboneSchema } from '../compute/task-schemas.js';
import { HEADS } from '../words/architecture.js';
import { classifierTensors, type Classifier } from '../networks/classifier-graph.js';
import { writeOnnxClassifier } from '../networks/onnx-classifier.js';
import { TFJS_WEIGHTS_FILE, writeTfjsClassifier, type TfjsModel } from '../networks/tfjs-classifier.js';
import { loadBackboneTensors } from '../networks/weights/backbones.js';
import { readSafetensors } from '../networks/weights/safetensors.js';

/** What runs in the thread of network-files.ts: a whole network is read, folded and written in seconds of computing. */

export const ONNX_FILE = 'model.onnx';
export const TFJS_FOLDER = 'tfjs';

export interface WriteNetworksTask {
  classifier: Classifier;
  /** The head's safetensors file. */
  headBytes: Uint8Array;
  /** Is there already. */
  directory: string;
  /** For whoever opens the ONNX file. */
  metadata: Record<string, string>;
}

const writeTaskSchema = z.object({
  classifier: z.object({
    backbone: backboneSchema,
    head: z.enum(HEADS),
    classes: z.array(z.string()).min(2),
    temperature: z.number().positive(),
  }) satisfies z.ZodType<Classifier>,
  headBytes: z.custom<Uint8Array>(isUint8Array),
  directory: z.string().min(1),
  metadata: z.record(z.string(), z.string()),
}) satisfies z.ZodType<WriteNetworksTask>;

export const writeNetworks = serveTask(
  (payload) => writeTaskSchema.parse(payload),
  async ({ classifier, headBytes, directory, metadata }): Promise<void> => {
    const backbone = await loadBackboneTensors(classifier.backbone);
    const tensors = classifierTensors(backbone, readSafetensors(headBytes).tensors);
    const onnx = writeOnnxClassifier(classifier, new Map(tensors), metadata);
    await writeFile(join(directory, ONNX_FILE), onnx);
    await writeTfjs(join(directory, TFJS_FOLDER), writeTfjsClassifier(classifier, tensors));
  },
);

/** Reads and checks weights; answers nothing. */
export const checkWeights = serveTask(
  (payload) => backboneSchema.parse(payload),
  async (backbone): Promise<void> => void (await loadBackboneTensors(backbone)),
);

async function writeTfjs(directory: string, { topology, weights }: TfjsModel): Promise<void> {
  await mkdir(directory);
  await writeFile(join(directory, 'model.json'), `${JSON.stringify(topology)}\n`);
  await using file = await open(join(directory, TFJS_WEIGHTS_FILE), 'w');
  for (const { buffer, byteOffset, byteLength } of weights) {
    await file.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
  }
}
