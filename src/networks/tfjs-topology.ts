import type { Tensor } from '../words/architecture.js';

/** What TensorFlow.js was made to read: names and defaults of Keras 2 in its model.json. */
const FORMAT = { format: 'layers-model', generatedBy: 'gelql', convertedBy: null } as const;
/** Values are loaded over these; the defaults would draw millions of random numbers first. */
const ZEROS = { class_name: 'Zeros', config: {} };

interface Layer {
  class_name: string;
  name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[];
}

/** Collects the layers of a functional model with their weights, in order. */
export class TfjsTopology {
  readonly #layers: Layer[] = [];
  readonly #weights: { name: string; tensor: Tensor }[] = [];

  /** @param shape without the batch; @returns the name */
  input(name: string, shape: readonly number[]): string {
    const config = { name, batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
    this.#layers.push({ class_name: 'InputLayer', name, config, inbound_nodes: [] });
    return name;
  }

  /**
   * @param config in the spelling of Keras, without the name
   * @param weights in the layer's own order
   * @returns the name
   */
  add(
    className: string,
    name: string,
    inputs: readonly string[],
    config: Record<string, unknown>,
    weights: readonly (readonly [string, Tensor])[] = [],
  ): string {
    const initializers = Object.fromEntries(
      weights.map(([part]) => [`${initialized(part)}_initializer`, ZEROS]),
    );
    this.#layers.push({
      class_name: className,
      name,
      config: { name, trainable: true, ...initializers, ...config },
      inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
    });
    for (const [part, tensor] of weights) this.#weights.push({ name: `${name}/${part}`, tensor });
    return name;
  }

  /** The content of model.json, and of the file of weights behind it. */
  build(ends: { input: string; output: string; weightsFile: string }): {
    topology: unknown;
    weights: Float32Array[];
  } {
    const topology = {
      ...FORMAT,
      modelTopology: {
        class_name: 'Model',
        config: {
          name: 'classifier',
          layers: this.#layers,
          input_layers: [[ends.input, 0, 0]],
          output_layers: [[ends.output, 0, 0]],
        },
        keras_version: '2.4.0',
        backend: 'tensorflow',
      },
      weightsManifest: [
        {
          paths: [ends.weightsFile],
          weights: this.#weights.map(({ name, tensor }) => ({
            name,
            shape: tensor.shape,
            dtype: 'float32',
          })),
        },
      ],
    };
    return { topology, weights: this.#weights.map(({ tensor }) => tensor.data) };
  }
}

/** Keras says `depthwise_initializer` for what it calls `depthwise_kernel`. */
function initialized(part: string): string {
  return part === 'depthwise_kernel' ? 'depthwise' : part;
}
