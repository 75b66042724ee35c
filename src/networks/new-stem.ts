import { createRandom } from '../random.js';
import type { Tensor, TensorMap } from '../words/architecture.js';
import { extentAt, type ConvNode, type Graph } from './graph.js';

const PLANES = 3;

/**
 * Puts a new first convolution into the weights of a network for one plane. Its values are as PyTorch's Conv2d draws them:
 * uniform in +-1/sqrt(inputs), weight and bias alike; the same seed gives the same values everywhere.
 * @param graph of one plane
 */
export function drawStem(graph: Graph, tensors: TensorMap, seed: number): void {
  const stem = stemOf(graph);
  const random = createRandom(seed, 'stem');
  const bound = 1 / stem.kernel;
  const draw = (shape: number[]): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { shape, data: Float32Array.from({ length: size }, () => (2 * random.nextFloat() - 1) * bound) };
  };
  const channels = extentAt(stem, 0);
  tensors.set(`${stem.name}.weight`, draw([channels, 1, stem.kernel, stem.kernel]));
  if (stem.hasBias) tensors.set(`${stem.name}.bias`, draw([channels]));
}

/**
 * Makes a trained first convolution for one plane one for three, of which it takes the first: the same function of a
 * picture under the first plane's normalisation, to the bit, in every engine and export that knows the network.
 * @param graph of one plane
 */
export function widenStem(graph: Graph, moved: TensorMap): void {
  const name = `${stemOf(graph).name}.weight`;
  const narrow = moved.get(name);
  if (narrow === undefined) return;
  const [channels = 0, , height = 0, width = 0] = narrow.shape;
  const area = height * width;
  const data = new Float32Array(channels * PLANES * area);
  for (let channel = 0; channel < channels; channel++) {
    data.set(narrow.data.subarray(channel * area, (channel + 1) * area), channel * PLANES * area);
  }
  moved.set(name, { shape: [channels, PLANES, height, width], data });
}

function stemOf(graph: Graph): ConvNode {
  const stem = graph.nodes.find((node) => node.op === 'conv');
  if (stem === undefined) throw new RangeError('the graph has no convolution');
  return stem;
}
