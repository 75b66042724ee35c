import { isUint8Array } from 'node:util/types';
import { z } from 'zod';
import { backboneSchema } from '../compute/compute-tasks.js';
import { defineTask } from '../compute/task.js';
import type { Classifier } from '../networks/classifier-graph.js';
import { HEADS } from '../words/architecture.js';

/** What network-files.ts gives its worker to do. */

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

export const WRITE_NETWORKS = defineTask('writeNetworks', { input: writeTaskSchema, output: z.void() });
/** Reads and checks weights. */
export const CHECK_WEIGHTS = defineTask('checkWeights', { input: backboneSchema, output: z.void() });
