import fc from 'fast-check';
import {
  decodeToFloat32,
  decodeToFloat64,
  encodeFloat32,
  floatToHalf,
  halfToFloat,
} from '../../src/networks/weights/number-formats.js';

const isNanPattern = (half: number): boolean => (half & 0x7fff) > 0x7c00;
const finiteHalves = Array.from({ length: 0x7c00 }, (_, half) => half);

test('every half survives the way to float32 and back', () => {
  const changed = Array.from({ length: 65536 }, (_, half) => half).filter((half) => {
    const value = halfToFloat(half);
    return isNanPattern(half) ? !Number.isNaN(value) : floatToHalf(value) !== half;
  });
  expect(changed).toEqual([]);
});

test('a number half way between two halves goes to the even one, its neighbours to the nearer one', () => {
  const misrounded = finiteHalves.slice(0, -1).filter((half) => {
    const low = halfToFloat(half);
    const high = halfToFloat(half + 1);
    const middle = (low + high) / 2;
    const step = (high - low) / 64;
    const isRight =
      floatToHalf(middle) === (half % 2 === 0 ? half : half + 1) &&
      floatToHalf(middle - step) === half &&
      floatToHalf(-(middle + step)) === ((half + 1) | 0x8000);
    return !isRight;
  });
  expect(misrounded).toEqual([]);
});

test('what is too large for a half becomes infinity, from 65520 on', () => {
  expect(floatToHalf(65519.99609375)).toBe(0x7bff);
  expect(floatToHalf(65520)).toBe(0x7c00);
  expect(floatToHalf(-1e30)).toBe(0xfc00);
  expect(floatToHalf(Infinity)).toBe(0x7c00);
  expect(isNanPattern(floatToHalf(NaN))).toBe(true);
});

test('no half is nearer to a number than the chosen one', () => {
  fc.assert(
    fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const chosen = floatToHalf(value);
      const distance = Math.abs(halfToFloat(chosen) - value);
      for (const neighbour of [chosen - 1, chosen + 1]) {
        if (neighbour < 0 || isNanPattern(neighbour & 0xffff)) continue;
        expect(Math.abs(halfToFloat(neighbour & 0xffff) - value)).toBeGreaterThanOrEqual(distance);
      }
    }),
  );
});

test('bytes are read as little-endian numbers from any alignment', () => {
  const bytes = new Uint8Array(17);
  const view = new DataView(bytes.buffer);
  view.setFloat32(1, 1.5, true);
  expect([...decodeToFloat32(bytes.subarray(1, 5), 'float32')]).toEqual([1.5]);
  view.setUint16(1, 0x3fc0, true);
  expect([...decodeToFloat32(bytes.subarray(1, 3), 'bfloat16')]).toEqual([1.5]);
  view.setFloat64(1, 0.1, true);
  expect([...decodeToFloat64(bytes.subarray(1, 9), 'float64')]).toEqual([0.1]);
  expect([...decodeToFloat32(bytes.subarray(1, 9), 'float64')]).toEqual([Math.fround(0.1)]);
  view.setBigInt64(1, -7n, true);
  expect([...decodeToFloat64(bytes.subarray(1, 9), 'int64')]).toEqual([-7]);
});

test('encoding gives back what was decoded', () => {
  const values = Float32Array.of(0, -0.5, 1.25, 65504);
  for (const format of ['float32', 'float16'] as const) {
    expect([...decodeToFloat32(encodeFloat32(values, format), format)]).toEqual([...values]);
  }
});
