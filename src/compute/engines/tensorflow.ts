import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import { openBackbone } from './backbone-session.js';
import { CPU_BATCH_SIZES } from './batch-sizes.js';
import { restoreRemovedNodeFunctions } from './node-shim.js';
import { tensorflowVersion } from './tensorflow-probe.js';
import { readTfjsNodePackage, type TfjsNodePackage } from '../../setup/tensorflow/tfjs-node-package.js';
import { refuseSecondTensorflow } from './one-tensorflow.js';
import { addBias, compileTfjsGraph, fusedConv, paddingOf, type TfjsDialect } from './tfjs-graph.js';
import type { CompileNetwork } from './network.js';
import type { Engine, TrainingBackend } from './engine.js';

export const TENSORFLOW_DIALECT: TfjsDialect = {
  backend: 'tensorflow',
  /** The native kernel knows `same` and `valid` only. What is pooled comes from a ReLU, so a border of zeros never wins. */
  maxPool(maps, { kernel, stride, padding }) {
    if (padding === 0) return tf.maxPool(maps, kernel, stride, 'valid');
    const border: [number, number] = [padding, padding];
    return tf.maxPool(tf.pad4d(maps, [[0, 0], border, border, [0, 0]]), kernel, stride, 'valid');
  },
  globalAverage: (maps) => tf.mean(maps, [1, 2], true),
  conv: fusedConv,
  depthwise(maps, layer, node) {
    const kernel = layer.kernel as tf.Tensor4D;
    return addBias(tf.depthwiseConv2d(maps, kernel, node.stride, paddingOf(node)), layer, node);
  },
};

/**
 * Makes native TensorFlow the backend of TensorFlow.js in this thread.
 * TensorFlow's own threads belong to the process and are as many as TF_NUM_INTRAOP_THREADS said when it was first loaded.
 * @param addonPath the build to load; by default the linked one, which computes on the processor
 * @throws GelqlError ENGINE_UNAVAILABLE, also where another build is loaded in this process
 */
export async function startTensorflow(addonPath?: string): Promise<typeof tf> {
  restoreRemovedNodeFunctions();
  const tfjs = readTfjsNodePackage();
  refuseSecondTensorflow(addonPath ?? tfjs.addonPath);
  if (addonPath !== undefined) loadAddonFrom(tfjs, addonPath);
  try {
    await import('@tensorflow/tfjs-node');
  } catch (cause) {
    throw new GelqlError('ENGINE_UNAVAILABLE', 'Native TensorFlow does not load.', { cause });
  }
  if (!(await tf.setBackend('tensorflow'))) {
    throw new GelqlError('ENGINE_UNAVAILABLE', 'Native TensorFlow does not start.');
  }
  return tf;
}

/** The layer below a session; `startTensorflow` comes first. */
export const compileForTensorflow: CompileNetwork = async (graph, tensors) =>
  compileTfjsGraph(graph, tensors, TENSORFLOW_DIALECT);

/** tfjs-node asks node-pre-gyp where its addon lies. */
function loadAddonFrom({ directory }: TfjsNodePackage, addonPath: string): void {
  const finder: unknown = createRequire(join(directory, 'package.json'))(
    '@mapbox/node-pre-gyp/lib/pre-binding.js',
  );
  Object.assign(finder as object, { find: () => addonPath });
}

export const TENSORFLOW_TRAINING: TrainingBackend = {
  compile: compileForTensorflow,
  watch: (_pictures, step) => step(),
};

export async function createTensorflowEngine(): Promise<Engine> {
  await startTensorflow();
  return {
    name: 'tensorflow',
    version: tensorflowVersion(libraryVersion()),
    training: TENSORFLOW_TRAINING,
    // Three planes always: a first convolution over one plane gives other last bits for a picture alone than in a batch.
    loadBackbone: (backbone, tensors) =>
      openBackbone(compileForTensorflow, backbone, tensors, {
        sumsPlanes: false,
        batchSizes: CPU_BATCH_SIZES,
      }),
  };
}

export function libraryVersion(): string {
  const backend = tf.backend() as { binding?: { TF_Version?: string } };
  return backend.binding?.TF_Version ?? 'of unknown version';
}
