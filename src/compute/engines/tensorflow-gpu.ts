import * as tf from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import { findSelectedInstallation } from '../../setup/tensorflow/installation.js';
import { readTfjsNodePackage } from '../../setup/tensorflow/tfjs-node-package.js';
import { openBackbone } from './backbone-session.js';
import { GPU_BATCH_SIZES } from './batch-sizes.js';
import { nameFailures, watchNetwork } from './gpu-runs.js';
import { libraryVersion, startTensorflow, TENSORFLOW_DIALECT } from './tensorflow.js';
import { tensorflowVersion } from './tensorflow-probe.js';
import { addBias, compileTfjsGraph, paddingOf, type TfjsDialect } from './tfjs-graph.js';
import type { Engine, EngineOptions } from './engine.js';
import type { CompileNetwork } from './network.js';

/** On a card, TensorFlow's convolution takes its bias along with a ReLU only, so it is added apart for every node. */
const DIALECT: TfjsDialect = {
  ...TENSORFLOW_DIALECT,
  conv(maps, layer, node) {
    return addBias(tf.conv2d(maps, layer.kernel as tf.Tensor4D, node.stride, paddingOf(node)), layer, node);
  },
};

/** The layer below a session; `startTensorflow` comes first. */
export const compileForCudaTensorflow: CompileNetwork = async (graph, tensors) =>
  watchNetwork(compileTfjsGraph(graph, tensors, DIALECT), nameFailures);

/**
 * TensorFlow's build for graphics cards, on the one card that this process sees. Its backend in TensorFlow.js has the name
 * of that for processors, `tensorflow`, and the same operations.
 * @throws GelqlError ENGINE_UNAVAILABLE; DEVICE_UNAVAILABLE where TensorFlow's device list has no card
 */
export async function createCudaTensorflowEngine({ cacheDir }: EngineOptions): Promise<Engine> {
  const installation = findSelectedInstallation(cacheDir, readTfjsNodePackage(), 'gpu');
  if (installation === null) {
    throw new GelqlError('ENGINE_UNAVAILABLE', 'TensorFlow for graphics cards is not set up.');
  }
  await startTensorflow(installation.addonPath);
  const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
  if (isUsingGpuDevice !== true) {
    throw new GelqlError('DEVICE_UNAVAILABLE', 'TensorFlow lists no graphics card; `gelql doctor` says why.');
  }
  return {
    name: 'tensorflow_gpu',
    version: `${tensorflowVersion(libraryVersion())} on a graphics card`,
    training: { compile: compileForCudaTensorflow, watch: nameFailures },
    loadBackbone: (backbone, tensors) =>
      openBackbone(compileForCudaTensorflow, backbone, tensors, {
        sumsPlanes: false,
        batchSizes: GPU_BATCH_SIZES,
        pinsRuns: true,
      }),
  };
}
