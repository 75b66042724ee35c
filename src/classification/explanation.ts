import { GelqlError } from '../errors.js';
import type { Architecture, FeaturePoint, Tensor, TensorMap } from '../words/architecture.js';

/**
 * Where in the picture the evidence for a class lies: a coarse grid, row-major, in the picture's own orientation.
 * Values are contributions to (logit of the class - mean logit of the others); positive speaks for the class. It shows
 * what the network looked at; it proves nothing about why.
 */
export interface Explanation {
  label: string;
  height: number;
  width: number;
  /** [height * width]. */
  values: Float32Array;
}

export interface LastMaps {
  /** NHWC of one picture [height, width, channels]. */
  data: Float32Array;
  height: number;
  width: number;
  channels: number;
}

/** Linear layer and hard swish between the global average and the features (MobileNetV3's classifier.0 and .1). */
export interface DenseTail {
  weight: Tensor;
  bias: Tensor;
}

const REFERENCE_POINT_KINDS: Record<Architecture, 'average' | 'dense-tail' | null> = {
  resnet18: 'average',
  vgg16: null,
  mobilenet_v3_large: 'dense-tail',
  efficientnet_lite0: 'average',
};

/** Whether the features of this cut are a global average, or one dense layer away from it. */
export function explanationKind(
  architecture: Architecture,
  featurePoint: FeaturePoint,
): 'average' | 'dense-tail' {
  if (featurePoint === 'gap') return 'average';
  const kind = REFERENCE_POINT_KINDS[architecture];
  if (kind !== null) return kind;
  throw new GelqlError(
    'BAD_REQUEST',
    'No explanation for VGG16: its features lie behind two dense layers without a global average. Ask without `explain`, or name a model of another network.',
  );
}

/**
 * Class activation map (Zhou et al. 2016, arXiv 1512.04150) of a linear head; for a head or tail with ReLUs the weights
 * are the gradient at this picture, as in Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) but signed.
 * @param features [D] of the same picture
 */
export function explainClass(options: {
  classes: readonly string[];
  classIndex: number;
  head: TensorMap;
  features: Float32Array;
  lastMaps: LastMaps;
  tail: DenseTail | null;
}): Explanation {
  const { classes, classIndex, head, features, lastMaps, tail } = options;
  const featureGradient = headGradient(head, features, classMargin(classes.length, classIndex));
  const channelWeights = tail === null ? featureGradient : tailGradient(tail, lastMaps, featureGradient);
  const { data, height, width, channels } = lastMaps;
  const area = height * width;
  const values = new Float32Array(area);
  for (let place = 0; place < area; place += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      sum += (data[place * channels + channel] ?? 0) * (channelWeights[channel] ?? 0);
    }
    values[place] = sum / area;
  }
  return { label: classes[classIndex] ?? '', height, width, values };
}

/** Gradient of (logit c - mean of the other logits) with respect to the logits, [C]. */
function classMargin(classCount: number, classIndex: number): Float64Array {
  const others = classCount > 1 ? -1 / (classCount - 1) : 0;
  return Float64Array.from({ length: classCount }, (_, index) => (index === classIndex ? 1 : others));
}

/** Back through the head's linear layers; a ReLU follows every layer but the last. */
function headGradient(head: TensorMap, features: Float32Array, outputGradient: Float64Array): Float64Array {
  const layers = [...head.keys()]
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.slice(0, -'.weight'.length))
    .sort((a, b) => Number(a) - Number(b));
  const outputs: Float64Array[] = [];
  let activation: Float64Array | Float32Array = features;
  for (const layer of layers.slice(0, -1)) {
    const output = linear(tensor(head, `${layer}.weight`), tensor(head, `${layer}.bias`), activation);
    outputs.push(output);
    activation = output.map((value) => Math.max(0, value));
  }
  let gradient = outputGradient;
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    gradient = transposedProduct(tensor(head, `${layers[index]}.weight`), gradient);
    const output = outputs[index - 1];
    if (output !== undefined) gradient = gradient.map((value, unit) => ((output[unit] ?? 0) > 0 ? value : 0));
  }
  return gradient;
}

/** Back through hard swish and the linear layer, evaluated at the global average of the maps. */
function tailGradient(tail: DenseTail, maps: LastMaps, featureGradient: Float64Array): Float64Array {
  const average = new Float64Array(maps.channels);
  const area = maps.height * maps.width;
  for (let index = 0; index < maps.data.length; index += 1) {
    const channel = index % maps.channels;
    average[channel] = (average[channel] ?? 0) + (maps.data[index] ?? 0) / area;
  }
  const output = linear(tail.weight, tail.bias, average);
  const gradient = featureGradient.map((value, unit) => value * hardSwishSlope(output[unit] ?? 0));
  return transposedProduct(tail.weight, gradient);
}

/** d/dx of x * relu6(x + 3) / 6. */
function hardSwishSlope(x: number): number {
  if (x <= -3) return 0;
  return x >= 3 ? 1 : (2 * x + 3) / 6;
}

function linear(weight: Tensor, bias: Tensor, input: Float64Array | Float32Array): Float64Array {
  const [outputs = 0, inputs = 0] = weight.shape;
  const result = new Float64Array(outputs);
  for (let row = 0; row < outputs; row += 1) {
    let sum = bias.data[row] ?? 0;
    for (let column = 0; column < inputs; column += 1) {
      sum += (weight.data[row * inputs + column] ?? 0) * (input[column] ?? 0);
    }
    result[row] = sum;
  }
  return result;
}

/** weight^T [in, out] x gradient [out]. */
function transposedProduct(weight: Tensor, gradient: Float64Array): Float64Array {
  const [outputs = 0, inputs = 0] = weight.shape;
  const result = new Float64Array(inputs);
  for (let row = 0; row < outputs; row += 1) {
    const factor = gradient[row] ?? 0;
    if (factor === 0) continue;
    for (let column = 0; column < inputs; column += 1) {
      result[column] = (result[column] ?? 0) + (weight.data[row * inputs + column] ?? 0) * factor;
    }
  }
  return result;
}

function tensor(parameters: TensorMap, name: string): Tensor {
  const found = parameters.get(name);
  if (found === undefined) throw new GelqlError('MODEL_CORRUPT', `The head has no parameter ${name}.`);
  return found;
}

/** One byte a grid cell, 0 = no evidence or evidence against, 255 = the strongest evidence for the label. */
export function evidenceBytes(values: readonly number[]): Uint8Array {
  const strongest = Math.max(0, ...values);
  if (strongest === 0) return new Uint8Array(values.length);
  return Uint8Array.from(values, (value) => Math.round((255 * Math.max(0, value)) / strongest));
}
