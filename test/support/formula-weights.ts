import { expectedShapes } from '../../src/networks/build-graph.js';
import type { Architecture, Tensor, TensorMap } from '../../src/words/architecture.js';

/** The formulas of ../shared/tools/torchvision_parity.py: weights and pictures that no file has to carry. */

/** Every parameter of a torchvision model. */
export function formulaWeights(architecture: Architecture, salt: number): TensorMap {
  const shapes = expectedShapes(architecture, 'reference', { withClassifier: true });
  const normalised = new Set(
    [...shapes.keys()].flatMap((name) => (name.endsWith('.running_mean') ? [prefixOf(name)] : [])),
  );
  return new Map(
    [...shapes].map(([name, shape]): [string, Tensor] => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const scale = scaleOf(name, size / (shape[0] ?? 1), normalised.has(prefixOf(name)));
      return [name, { shape, data: uniform(name, size, salt, scale) }];
    }),
  );
}

/** A tensor of ../shared/tools/fine_tune_parity.py, uniform in +-scale. */
export function formulaTensor(name: string, shape: number[], salt: number, scale: number): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: uniform(name, size, salt, (value) => value * scale) };
}

/** Grey pictures in [0, 1): [count, 224, 224], rounded to float32 as the reference does. */
export function formulaPictures(salt: number, count = 2): Float32Array {
  return uniform('input', count * 224 * 224, salt, (value) => value * 0.5 + 0.5);
}

function prefixOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}

function scaleOf(name: string, fanIn: number, isNormalisation: boolean): (value: number) => number {
  if (isNormalisation) {
    if (name.endsWith('.weight')) return (value) => 1 + 0.1 * value;
    if (name.endsWith('.running_var')) return (value) => 1 + 0.25 * value;
    return (value) => 0.1 * value;
  }
  if (name.endsWith('.bias')) return (value) => 0.05 * value;
  const bound = Math.sqrt(6 / fanIn);
  return (value) => value * bound;
}

/** Values in [-1, 1) from a mix of the name's FNV-1a hash and the flat index, scaled in double precision. */
function uniform(name: string, size: number, salt: number, scale: (value: number) => number): Float32Array {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  const key = hash ^ salt;
  const values = new Float32Array(size);
  for (let index = 0; index < size; index++) {
    let mixed = Math.imul(index, 0x9e3779b1) ^ key;
    mixed ^= mixed >>> 16;
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    values[index] = scale((mixed >>> 0) / 2 ** 31 - 1);
  }
  return values;
}
