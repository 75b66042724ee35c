import type { HeadKind, Tensor, TensorMap } from '../words/architecture.js';

/** Widths of the hidden layers of a MULTI head. */
const HIDDEN = [512, 256] as const;

export interface HeadLayer {
  /** Position in the published experiment's Sequential: 0, 3 and 6; what lies between has no parameters. */
  name: string;
  inputs: number;
  outputs: number;
  /** Share of the layer's outputs that training drops after the ReLU; null after the last layer, which has neither. */
  dropout: number | null;
}

/** The linear layers of a head in order. */
export function headLayers(kind: HeadKind, featureSize: number, classCount: number): HeadLayer[] {
  if (kind === 'SINGLE') return [{ name: '0', inputs: featureSize, outputs: classCount, dropout: null }];
  return [
    { name: '0', inputs: featureSize, outputs: HIDDEN[0], dropout: 0.25 },
    { name: '3', inputs: HIDDEN[0], outputs: HIDDEN[1], dropout: 0.5 },
    { name: '6', inputs: HIDDEN[1], outputs: classCount, dropout: null },
  ];
}

/** Parameter names and shapes in torch layout: `0.weight` [out, in], `0.bias` [out], ... */
export function headShapes(kind: HeadKind, featureSize: number, classCount: number): Map<string, number[]> {
  return new Map(
    headLayers(kind, featureSize, classCount).flatMap(({ name, inputs, outputs }): [string, number[]][] => [
      [`${name}.weight`, [outputs, inputs]],
      [`${name}.bias`, [outputs]],
    ]),
  );
}

/**
 * @returns why the parameters are not those of such a head (a name, a shape, a number that is not finite), null where
 * they are
 */
export function findHeadProblem(
  parameters: TensorMap,
  kind: HeadKind,
  featureSize: number,
  classCount: number,
): string | null {
  const shapes = headShapes(kind, featureSize, classCount);
  const unknown = [...parameters.keys()].find((name) => !shapes.has(name));
  if (unknown !== undefined) return `the unknown parameter ${unknown}`;
  for (const [name, shape] of shapes) {
    const tensor = parameters.get(name);
    if (tensor === undefined) return `no parameter ${name}`;
    if (tensor.shape.join() !== shape.join()) {
      return `${name} of shape [${tensor.shape.join(', ')}] where [${shape.join(', ')}] is needed`;
    }
    if (!tensor.data.every(Number.isFinite)) return `a number in ${name} that is not finite`;
  }
  return null;
}

/**
 * Initial values as PyTorch's Linear draws them: uniform in +-1/sqrt(inputs), weight and bias alike. The same seed gives
 * the same values on every engine and machine.
 * @param seed any integer; its low 32 bits count
 */
export function initialHead(
  kind: HeadKind,
  featureSize: number,
  classCount: number,
  seed: number,
): TensorMap {
  const nextUniform = uniformSequence(seed);
  const draw = (shape: number[], bound: number): Tensor => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    return { shape, data: Float32Array.from({ length: size }, () => (2 * nextUniform() - 1) * bound) };
  };
  return new Map(
    headLayers(kind, featureSize, classCount).flatMap(({ name, inputs, outputs }): [string, Tensor][] => [
      [`${name}.weight`, draw([outputs, inputs], 1 / Math.sqrt(inputs))],
      [`${name}.bias`, draw([outputs], 1 / Math.sqrt(inputs))],
    ]),
  );
}

/**
 * Applies a trained head in double precision: a row alone and the same row in any batch give the same bits.
 * @param parameters of a SINGLE or MULTI head
 * @param features [count, D] row-major
 * @returns logits [count, C]
 */
export function applyHead(parameters: TensorMap, features: Float32Array, count: number): Float32Array {
  let values: Float32Array | Float64Array = features;
  const names = [...parameters.keys()].filter((key) => key.endsWith('.weight')).sort(byLayerNumber);
  names.forEach((name, index) => {
    const weight = parameterOf(parameters, name);
    const bias = parameterOf(parameters, name.replace('.weight', '.bias'));
    values = applyLinear(values, count, weight, bias.data);
    if (index < names.length - 1) values = values.map((value) => Math.max(value, 0));
  });
  return Float32Array.from(values);
}

/**
 * Probabilities of each row; its largest logit is taken off first, so that nothing overflows.
 * @param logits [count, C]
 * @param temperature divides the logits; 1 leaves every bit as it is
 * @returns the same shape; every row sums to 1 within float32
 */
export function softmax(logits: Float32Array, count: number, temperature = 1): Float32Array {
  const classCount = logits.length / count;
  const probabilities = new Float32Array(logits.length);
  for (let row = 0; row < count; row++) {
    const values = logits.subarray(row * classCount, (row + 1) * classCount);
    const largest = values.reduce((maximum, value) => Math.max(maximum, value), -Infinity);
    const powers = Array.from(values, (value) => Math.exp((value - largest) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    powers.forEach((power, index) => (probabilities[row * classCount + index] = power / sum));
  }
  return probabilities;
}

function applyLinear(
  inputs: Float32Array | Float64Array,
  count: number,
  { shape, data }: Tensor,
  bias: Float32Array,
): Float64Array {
  const [outputSize = 0, inputSize = 0] = shape;
  if (inputs.length !== count * inputSize) {
    throw new RangeError(`a head for ${inputSize} features was given ${inputs.length / count}`);
  }
  const outputs = new Float64Array(count * outputSize);
  for (let row = 0; row < count; row++) {
    for (let output = 0; output < outputSize; output++) {
      let sum = bias[output] ?? 0;
      const weightStart = output * inputSize;
      const inputStart = row * inputSize;
      for (let input = 0; input < inputSize; input++) {
        sum += (data[weightStart + input] ?? 0) * (inputs[inputStart + input] ?? 0);
      }
      outputs[row * outputSize + output] = sum;
    }
  }
  return outputs;
}

function parameterOf(parameters: TensorMap, name: string): Tensor {
  const tensor = parameters.get(name);
  if (tensor === undefined) throw new RangeError(`the head lacks ${name}`);
  return tensor;
}

function byLayerNumber(left: string, right: string): number {
  return Number.parseInt(left) - Number.parseInt(right);
}

/** Uniform values in [0, 1), 32 bits each: a counter passed through the finaliser of MurmurHash3 (Appleby, public domain). */
function uniformSequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    return (mixed >>> 0) / 2 ** 32;
  };
}
