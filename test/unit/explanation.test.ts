import { explainClass, explanationKind } from '../../src/classification/explanation.js';
import type { Tensor, TensorMap } from '../../src/words/architecture.js';

const tensorOf = (shape: number[], next: () => number): Tensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
});

/** A small deterministic sequence in [-1, 1). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const channels = 6;
const classes = ['gel', 'not_gel', 'blot'];

function average(data: Float32Array): Float32Array {
  const result = new Float32Array(channels);
  const area = data.length / channels;
  data.forEach((value, index) => (result[index % channels]! += value / area));
  return result;
}

function relu(values: number[]): number[] {
  return values.map((value) => Math.max(0, value));
}

function apply(weight: Tensor, bias: Tensor, input: ArrayLike<number>): number[] {
  const [rows = 0, columns = 0] = weight.shape;
  return Array.from({ length: rows }, (_, row) => {
    let sum = bias.data[row]!;
    for (let column = 0; column < columns; column += 1)
      sum += weight.data[row * columns + column]! * input[column]!;
    return sum;
  });
}

const margin = (logits: number[], index: number) =>
  logits[index]! -
  logits.filter((_, other) => other !== index).reduce((a, b) => a + b, 0) / (logits.length - 1);

describe('explainClass', () => {
  it('sums to the class margin without its bias for a linear head on a global average', () => {
    const next = sequence(1);
    const maps = { data: tensorOf([2, 3, channels], next).data, height: 2, width: 3, channels };
    const head: TensorMap = new Map([
      ['0.weight', tensorOf([3, channels], next)],
      ['0.bias', tensorOf([3], next)],
    ]);
    const features = average(maps.data);
    const explanation = explainClass({ classes, classIndex: 1, head, features, lastMaps: maps, tail: null });
    const zero: Tensor = { shape: [3], data: new Float32Array(3) };
    const expected = margin(apply(head.get('0.weight')!, zero, features), 1);
    expect(explanation.label).toBe('not_gel');
    expect(explanation.values).toHaveLength(6);
    expect(explanation.values.reduce((a, b) => a + b, 0)).toBeCloseTo(expected, 5);
  });

  it('equals the numerical gradient for a head of three layers behind a dense tail', () => {
    const next = sequence(7);
    const maps = { data: tensorOf([2, 2, channels], next).data, height: 2, width: 2, channels };
    const tail = { weight: tensorOf([5, channels], next), bias: tensorOf([5], next) };
    const head: TensorMap = new Map([
      ['0.weight', tensorOf([8, 5], next)],
      ['0.bias', tensorOf([8], next)],
      ['3.weight', tensorOf([7, 8], next)],
      ['3.bias', tensorOf([7], next)],
      ['6.weight', tensorOf([3, 7], next)],
      ['6.bias', tensorOf([3], next)],
    ]);
    const featuresOf = (mean: ArrayLike<number>) =>
      apply(tail.weight, tail.bias, mean).map((x) => (x * Math.min(6, Math.max(0, x + 3))) / 6);
    const logitsOf = (mean: ArrayLike<number>) => {
      const first = relu(apply(head.get('0.weight')!, head.get('0.bias')!, featuresOf(mean)));
      const second = relu(apply(head.get('3.weight')!, head.get('3.bias')!, first));
      return apply(head.get('6.weight')!, head.get('6.bias')!, second);
    };
    const mean = average(maps.data);
    const explanation = explainClass({
      classes,
      classIndex: 0,
      head,
      features: Float32Array.from(featuresOf(mean)),
      lastMaps: maps,
      tail,
    });
    // Sum over places of value = sum over channels of mean_k * d margin / d mean_k.
    const step = 1e-3;
    const expected = [...mean].reduce((sum, value, channel) => {
      const up = Float64Array.from(mean);
      const down = Float64Array.from(mean);
      up[channel]! += step;
      down[channel]! -= step;
      return sum + (value * (margin(logitsOf(up), 0) - margin(logitsOf(down), 0))) / (2 * step);
    }, 0);
    expect(explanation.values.reduce((a, b) => a + b, 0)).toBeCloseTo(expected, 3);
  });

  it('refuses VGG16 behind its dense layers and names what to do', () => {
    expect(() => explanationKind('vgg16', 'reference')).toThrow(
      /without `explain`, or name a model of another network/,
    );
    expect(explanationKind('vgg16', 'gap')).toBe('average');
  });
});
