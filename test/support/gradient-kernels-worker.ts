import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { startTensorflow } from '../../src/compute/engines/tensorflow.js';
import { startWebgpu } from '../../src/compute/engines/webgpu.js';
import {
  PORTABLE_KERNELS,
  type GradientKernels,
} from '../../src/compute/network-training/gradient-kernels.js';
import { NATIVE_KERNELS } from '../../src/compute/network-training/native-kernels.js';
import { createRandom } from '../../src/random.js';
import type { Border, ConvNode, MaxPoolNode } from '../../src/networks/graph.js';

/** What the portable kernels run on: TensorFlow.js's own CPU backend, or a graphics card, real or emulated. */
export type PortableBackend = 'cpu' | 'webgpu';

/** The largest difference of each kernel between native TensorFlow and the portable kernels. */
export type KernelDifferences = Record<string, number>;

const [COUNT, SIDE, CHANNELS] = [2, 9, 4];

function values(name: string, shape: number[]): tf.Tensor4D {
  const random = createRandom(1, name);
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length: size }, () => 2 * random.nextFloat() - 1);
  return tf.tensor4d(data, shape as [number, number, number, number]);
}

function convNode(kernel: number, stride: number, padding: Border, groups: number): ConvNode {
  const shape = [CHANNELS, 1, 1];
  const rest = { hasBias: false, batchNorm: null, activation: 'none' } as const;
  return { op: 'conv', id: 1, input: 0, name: 'conv', shape, kernel, stride, padding, groups, ...rest };
}

function convSlopes(kernels: GradientKernels, node: ConvNode): Record<string, tf.Tensor> {
  const maps = values('maps', [COUNT, SIDE, SIDE, CHANNELS]);
  const outputs = node.groups > 1 ? 1 : CHANNELS;
  const kernel = values('kernel', [node.kernel, node.kernel, CHANNELS, outputs]);
  const side = Math.floor((SIDE + node.padding[0] + node.padding[1] - node.kernel) / node.stride) + 1;
  const slope = values('slope', [COUNT, side, side, CHANNELS]);
  const name = `${node.groups > 1 ? 'depthwise' : 'conv'} ${node.kernel}/${node.stride} in ${node.padding.join()}`;
  return {
    [`${name} by input`]: kernels.convInputSlope(slope, kernel, maps.shape, node),
    [`${name} by kernel`]: kernels.convKernelSlope(slope, maps, kernel.shape, node),
  };
}

function otherSlopes(kernels: GradientKernels): Record<string, tf.Tensor> {
  const pool: MaxPoolNode = {
    op: 'maxPool',
    id: 1,
    input: 0,
    shape: [CHANNELS, 5, 5],
    kernel: 3,
    stride: 2,
    padding: 1,
  };
  const maps = tf.relu(values('maps', [COUNT, SIDE, SIDE, CHANNELS]));
  // Without zeros: equal values share their gradient differently, and behind a ReLU a zero's gradient is dropped anyway.
  const positive = tf.abs(values('maps', [COUNT, SIDE, SIDE, CHANNELS]));
  const pooled = kernels.maxPool(positive, pool);
  const slope = values('slope', [COUNT, SIDE, SIDE, CHANNELS]);
  const weight = tf.tensor1d([0.5, 1, 1.5, -1]);
  const normalisation = { weight, bias: tf.tensor1d([0, 1, -1, 0.25]), epsilon: 1e-3 };
  const normalised = kernels.normalise(slope, normalisation);
  return {
    maxPool: pooled,
    'maxPool slope': kernels.maxPoolSlope(values('pooled slope', pooled.shape), positive, pooled, pool),
    'relu slope': kernels.reluSlope(slope, maps),
    'relu6 slope': kernels.relu6Slope(slope, tf.relu6(tf.mul(maps, 10))),
    normalise: normalised.output,
    mean: normalised.mean,
    variance: normalised.variance,
    'normalise slope': kernels.normaliseSlope(maps, slope, normalisation, normalised.saved),
  };
}

async function computeAll(kernels: GradientKernels): Promise<Map<string, Float32Array>> {
  const nodes = [
    convNode(3, 1, [1, 1], 1),
    convNode(3, 2, [1, 1], 1),
    convNode(3, 2, [0, 1], 1),
    convNode(1, 2, [0, 0], 1),
    convNode(5, 2, [2, 2], CHANNELS),
    convNode(5, 2, [1, 2], CHANNELS),
  ];
  const tensors = tf.tidy(
    () =>
      Object.assign(otherSlopes(kernels), ...nodes.map((node) => convSlopes(kernels, node))) as Record<
        string,
        tf.Tensor
      >,
  );
  const found = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) {
    found.set(name, Float32Array.from(await tensor.data<'float32'>()));
  }
  return found;
}

await startTensorflow();
const native = await computeAll(NATIVE_KERNELS);
if ((workerData as { backend: PortableBackend }).backend === 'webgpu')
  await startWebgpu({ softwareGpu: true });
else await tf.setBackend('cpu');
const portable = await computeAll(PORTABLE_KERNELS);
const differences: KernelDifferences = {};
for (const [name, expected] of native) {
  const found = portable.get(name);
  differences[name] = expected.reduce(
    (largest, value, index) => Math.max(largest, Math.abs(value - (found?.[index] ?? NaN))),
    found?.length === expected.length ? 0 : NaN,
  );
}
parentPort?.postMessage(differences);
