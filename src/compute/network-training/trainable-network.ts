import * as tf from '@tensorflow/tfjs-core';
import type { Architecture, Tensor, TensorMap } from '../../words/architecture.js';
import { inputsOf, nodeAt, type Graph, type GraphNode } from '../../networks/graph.js';
import { isTrained } from '../../networks/trainable-part.js';
import type { TrainedPart } from '../../words/training-settings.js';
import { PORTABLE_KERNELS } from './gradient-kernels.js';
import { NATIVE_KERNELS } from './native-kernels.js';
import {
  downloadParameter,
  listParameters,
  uploadLayer,
  type NetworkLayer,
  type ParameterSlope,
} from './network-layers.js';
import { passConv, passLinear, passNormalisedConv, passPlain, type NodePass } from './node-passes.js';

/** A forward pass that can be gone back. */
export interface RecordedPass {
  /** [n, D] */
  features: tf.Tensor2D;
  /**
   * Frees what the pass holds. To be called once, inside the same `tf.tidy` as the pass.
   * @param slope gradient of the loss by the features
   * @returns gradients by what is trained
   */
  backward(slope: tf.Tensor2D): ParameterSlope[];
}

/** A network in the backend's memory whose parameters move. */
export interface TrainableNetwork {
  /** Computes features in train mode. @param masks dropout behind linear layers by their name, [n, outputs] */
  record(inputs: tf.Tensor4D, masks?: ReadonlyMap<string, tf.Tensor2D>): RecordedPass;
  /** Features in eval mode: BatchNorm by its running statistics. Call inside `tf.tidy`. */
  evaluate(inputs: tf.Tensor4D): tf.Tensor2D;
  /** Everything that training moves, the running statistics too, by torchvision's names. */
  moving(): Map<string, tf.Variable>;
  /** The same in torch's layout. */
  download(): Promise<TensorMap>;
  dispose(): void;
}

/**
 * Lowers a graph for training. The way back is written out node by node instead of taped: only what the gradients need is
 * kept, and it is freed as soon as it has been used.
 * @param graph the trained side of `cutGraph`; its first layer is trained
 * @param tensors the parameters, BatchNorm not folded; those used are taken out
 */
export function createTrainableNetwork(
  graph: Graph,
  tensors: TensorMap,
  { part, architecture }: { part: TrainedPart; architecture: Architecture },
): TrainableNetwork {
  const kernels = tf.getBackend() === 'tensorflow' ? NATIVE_KERNELS : PORTABLE_KERNELS;
  const layers = uploadLayers(graph, tensors);
  const isLayerTrained = ({ node }: NetworkLayer) => isTrained(part, architecture, node.name);
  const usesBatch = part === 'STEM_AND_HEAD';

  const pass = (
    node: Exclude<GraphNode, { op: 'input' }>,
    inputs: tf.Tensor[],
    mode: 'train' | 'eval',
    mask: tf.Tensor2D | null,
  ): NodePass => {
    const layer = layers.get(node.id);
    if ((node.op !== 'conv' && node.op !== 'linear') || layer === undefined) {
      return passPlain(node as Parameters<typeof passPlain>[0], inputs, kernels);
    }
    const context = { kernels, layer, isTrained: mode === 'train' && isLayerTrained(layer) };
    if (node.op === 'linear') return passLinear(node, inputs[0] as tf.Tensor2D, mask, context);
    const maps = inputs[0] as tf.Tensor4D;
    if (mode === 'train' && usesBatch && layer.norm !== null) {
      return passNormalisedConv(node, maps, layer.norm, context);
    }
    return passConv(node, maps, context);
  };

  const movingOf = (layer: NetworkLayer): [string, tf.Variable][] =>
    listParameters(layer).filter(([name]) => {
      const isStatistic = name.endsWith('.running_mean') || name.endsWith('.running_var');
      if (isStatistic) return usesBatch;
      // With batch statistics the BatchNorm behind the new first convolution keeps its weight and bias.
      const belongsToNorm = layer.norm !== null && !name.startsWith(`${layer.node.name}.`);
      return isLayerTrained(layer) && !(usesBatch && belongsToNorm);
    });

  return {
    record: (inputs, masks = new Map()) =>
      recordPass(graph, inputs, (node, read) => {
        const mask = node.op === 'linear' ? (masks.get(node.name) ?? null) : null;
        return pass(node, read, 'train', mask);
      }),
    evaluate(inputs) {
      const { features, release } = runForward(graph, inputs, (node, read) => pass(node, read, 'eval', null));
      release();
      return features;
    },
    moving: () => new Map([...layers.values()].flatMap(movingOf)),
    async download() {
      const parameters = new Map<string, Tensor>();
      for (const layer of layers.values()) {
        for (const [name, variable] of movingOf(layer))
          parameters.set(name, await downloadParameter(layer, variable));
      }
      return parameters;
    },
    dispose() {
      for (const layer of layers.values())
        for (const [, variable] of listParameters(layer)) variable.dispose();
    },
  };
}

function uploadLayers(graph: Graph, tensors: TensorMap): Map<number, NetworkLayer> {
  const layers = new Map<number, NetworkLayer>();
  for (const node of graph.nodes) {
    if (node.op === 'conv' || node.op === 'linear') layers.set(node.id, uploadLayer(node, tensors));
  }
  return layers;
}

type ComputeNode = (node: Exclude<GraphNode, { op: 'input' }>, inputs: tf.Tensor[]) => NodePass;

/** Computes the graph up to its features; a value is freed when its last reader has run, unless a pass keeps it. */
function runForward(graph: Graph, inputs: tf.Tensor4D, compute: ComputeNode) {
  const last = lastReaders(graph);
  const values = new Map<number, tf.Tensor>([[0, tf.clone(inputs)]]);
  const passes = new Map<number, NodePass>();
  for (const node of graph.nodes) {
    if (node.op === 'input' || !last.has(node.id)) continue;
    const read = inputsOf(node);
    const done = tidyExcept(
      () =>
        compute(
          node,
          read.map((id) => valueOf(values, id)),
        ),
      ({ output, saved }) => [output, ...saved],
    );
    values.set(node.id, done.output);
    passes.set(node.id, done);
    for (const id of new Set(read)) {
      if (last.get(id) !== node.id) continue;
      valueOf(values, id).dispose();
      values.delete(id);
    }
  }
  const features = valueOf(values, graph.outputs.features) as tf.Tensor2D;
  const release = () => {
    for (const { saved } of passes.values()) tf.dispose(saved);
  };
  return { features, passes, release };
}

function recordPass(graph: Graph, inputs: tf.Tensor4D, compute: ComputeNode): RecordedPass {
  const { features, passes } = runForward(graph, inputs, compute);
  return {
    features,
    backward(featureSlope) {
      const slopes = new Map<number, tf.Tensor>([[graph.outputs.features, tf.clone(featureSlope)]]);
      const found: ParameterSlope[] = [];
      for (const [id, pass] of [...passes].reverse()) {
        const slope = slopes.get(id);
        if (slope === undefined) continue;
        slopes.delete(id);
        const read = inputsOf(nodeAt(graph, id));
        const back = tidyExcept(
          () =>
            pass.backward(
              slope,
              read.map((input) => input !== 0),
            ),
          ({ inputs, parameters }) => [...inputs, ...parameters.map(({ gradient }) => gradient)],
        );
        tf.dispose([slope, ...pass.saved]);
        found.push(...back.parameters);
        read.forEach((input, place) => addSlope(slopes, input, back.inputs[place] ?? null));
      }
      tf.dispose([...slopes.values()]);
      return found;
    },
  };
}

/** What several readers say about one value adds up. */
function addSlope(slopes: Map<number, tf.Tensor>, id: number, slope: tf.Tensor | null): void {
  if (slope === null) return;
  const known = slopes.get(id);
  if (known === undefined) {
    slopes.set(id, slope);
    return;
  }
  slopes.set(id, tf.add(known, slope));
  tf.dispose([known, slope]);
}

/** The last node that reads each node on the way to the features, which count as read by the caller. */
function lastReaders(graph: Graph): Map<number, number> {
  const last = new Map([[graph.outputs.features, graph.nodes.length]]);
  for (const node of graph.nodes.toReversed()) {
    if (!last.has(node.id)) continue;
    for (const input of inputsOf(node)) if (!last.has(input)) last.set(input, node.id);
  }
  return last;
}

function valueOf(values: ReadonlyMap<number, tf.Tensor>, id: number): tf.Tensor {
  const value = values.get(id);
  if (value === undefined) throw new RangeError(`node ${id} was read after its last reader`);
  return value;
}

/** As `tf.tidy`, for results that hold more than tensors. @param kept lists those that outlive the call */
function tidyExcept<Value>(compute: () => Value, kept: (value: Value) => (tf.Tensor | null)[]): Value {
  const values: Value[] = [];
  tf.tidy(() => {
    const value = compute();
    values.push(value);
    return kept(value).filter((tensor) => tensor !== null);
  });
  const [value] = values;
  if (value === undefined) throw new Error('tf.tidy did not call its function');
  return value;
}
