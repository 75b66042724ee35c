import fc from 'fast-check';
import { applyHead, headShapes, initialHead, softmax } from '../../src/networks/heads.js';
import type { TensorMap } from '../../src/words/architecture.js';

const CLASSES = 3;

function featureRows(count: number, size: number): Float32Array {
  return Float32Array.from({ length: count * size }, (_, index) => Math.sin(index) * 3);
}

describe('a head', () => {
  it('has the layers of the published experiment', () => {
    expect([...headShapes('SINGLE', 1280, 2)]).toEqual([
      ['0.weight', [2, 1280]],
      ['0.bias', [2]],
    ]);
    expect([...headShapes('MULTI', 512, 2)]).toEqual([
      ['0.weight', [512, 512]],
      ['0.bias', [512]],
      ['3.weight', [256, 512]],
      ['3.bias', [256]],
      ['6.weight', [2, 256]],
      ['6.bias', [2]],
    ]);
  });

  it('starts uniform within one over the root of its inputs, with mean zero', () => {
    const head = initialHead('MULTI', 512, 2, 7);
    for (const [name, shape] of headShapes('MULTI', 512, 2)) {
      const { data } = head.get(name) ?? { data: new Float32Array() };
      const inputs = head.get(name.replace('bias', 'weight'))?.shape[1] ?? NaN;
      expect(data).toHaveLength(shape.reduce((product, extent) => product * extent, 1));
      expect(data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)).toBeLessThanOrEqual(
        1 / Math.sqrt(inputs),
      );
      if (data.length < 1000) continue;
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      const square = data.reduce((sum, value) => sum + value * value, 0) / data.length;
      expect(Math.abs(mean)).toBeLessThan(0.1 / Math.sqrt(inputs));
      expect(square * inputs).toBeCloseTo(1 / 3, 1);
    }
  });

  it('starts the same from the same seed only', () => {
    const values = (seed: number) => [...(initialHead('SINGLE', 16, 2, seed).get('0.weight')?.data ?? [])];
    expect(values(1)).toEqual(values(1));
    expect(values(1)).not.toEqual(values(2));
    expect(new Set(values(3)).size).toBe(32);
  });

  it('computes weight times features plus bias', () => {
    const head: TensorMap = new Map([
      ['0.weight', { shape: [2, 3], data: Float32Array.from([1, 2, 3, -1, 0, 1]) }],
      ['0.bias', { shape: [2], data: Float32Array.from([10, 20]) }],
    ]);
    expect([...applyHead(head, Float32Array.from([1, 1, 1, 0, 2, 4]), 2)]).toEqual([16, 20, 26, 24]);
  });

  it('cuts negative values between its layers, not after the last', () => {
    const one = (value: number) => ({ shape: [1, 1], data: Float32Array.from([value]) });
    const zero = { shape: [1], data: new Float32Array(1) };
    const head: TensorMap = new Map([
      ['6.weight', one(-5)],
      ['6.bias', zero],
      ['0.weight', one(1)],
      ['0.bias', zero],
      ['3.weight', one(2)],
      ['3.bias', zero],
    ]);
    expect([...applyHead(head, Float32Array.from([-1, 3]), 2)]).toEqual([0, -30]);
  });

  it('gives a row alone the bits that it has in a batch', () => {
    const head = initialHead('MULTI', 64, CLASSES, 1);
    const rows = featureRows(5, 64);
    const batch = applyHead(head, rows, 5);
    for (let row = 0; row < 5; row++) {
      const alone = applyHead(head, rows.slice(row * 64, (row + 1) * 64), 1);
      expect([...alone]).toEqual([...batch.slice(row * CLASSES, (row + 1) * CLASSES)]);
    }
  });

  it('refuses features of another size', () => {
    expect(() => applyHead(initialHead('SINGLE', 8, 2, 1), new Float32Array(18), 2)).toThrow(
      'a head for 8 features was given 9',
    );
  });
});

describe('softmax', () => {
  it('gives rows that sum to one and keep the order of the logits', () => {
    const logit = fc.double({ min: -200, max: 200, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(logit, logit, logit), { minLength: 1, maxLength: 5 }), (rows) => {
        const probabilities = softmax(Float32Array.from(rows.flat()), rows.length);
        rows.forEach((row, index) => {
          const [a = 0, b = 0, c = 0] = probabilities.slice(index * 3, index * 3 + 3);
          expect(a + b + c).toBeCloseTo(1, 6);
          if (row[0] > row[1]) expect(a).toBeGreaterThanOrEqual(b);
        });
      }),
    );
  });

  it('knows its values', () => {
    const [first, second] = softmax(Float32Array.from([0, Math.log(3), 1000, 0]), 2);
    expect(first).toBeCloseTo(0.25, 6);
    expect(second).toBeCloseTo(0.75, 6);
    expect([...softmax(Float32Array.from([1000, 0]), 1)]).toEqual([1, 0]);
  });
});
