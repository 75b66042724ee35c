import type { TensorMap } from '../../words/architecture.js';
import type { Graph, OutputName } from '../../networks/graph.js';
import type { PlaneOrder } from '../../networks/normalise.js';

/** A graph in an engine's memory: the layer below a backbone session, which takes normalised values. */
export interface Network {
  readonly order: PlaneOrder;
  /**
   * @param values normalised input of `count` pictures, planes in `order`; overwritten once the run is over
   * @returns one array per name asked for: features [count, D], logits [count, 1000], last maps always NHWC
   */
  run<Name extends OutputName>(
    values: Float32Array,
    count: number,
    names: readonly Name[],
  ): Promise<Record<Name, Float32Array>>;
  release(): Promise<void>;
}

/** Pairs the arrays with the names that asked for them. */
export function answerOf<Name extends OutputName>(
  names: readonly Name[],
  arrays: readonly Float32Array[],
): Record<Name, Float32Array> {
  const pairs = names.map((name, index) => [name, arrays[index]] as const);
  return Object.fromEntries(pairs) as Record<Name, Float32Array>;
}

/** Lowers a graph; takes what it uses out of `tensors`. */
export type CompileNetwork = (graph: Graph, tensors: TensorMap) => Promise<Network>;
