import fc from 'fast-check';
import { linearLightLuma, luma } from '../../src/images/luma.js';
import { networkInput } from '../../src/images/network-input.js';
import { percentiles } from '../../src/images/facts/percentiles.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { resizeBilinear } from '../../src/images/resize.js';
import { toEightBit } from '../../src/images/stretch.js';

const raster = <T>(pixels: T) => ({ width: 1, height: 1, pixels });

describe('percentiles', () => {
  const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
  const rank = (permille: number, count: number) => Math.round((permille / 1000) * (count - 1));
  const permilles = [0, 1, 250, 500, 999, 1000];

  it('equal the values at those ranks of the sorted pixels, at every depth', () => {
    const anyPixels = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.uint16Array({ minLength: 1, maxLength: 300 }),
      fc.float32Array({ minLength: 1, maxLength: 300, noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(anyPixels, (pixels) => {
        const own =
          pixels instanceof Uint8Array
            ? new Uint8Array(pixels)
            : pixels instanceof Uint16Array
              ? new Uint16Array(pixels)
              : new Float32Array(pixels);
        const inOrder = sorted(own);
        const expected = permilles.map((permille) => inOrder[rank(permille, own.length)]!);
        // 0 and -0 are one value to a picture, two bit patterns to the selection.
        expect(percentiles(own, permilles).map((value) => value + 0)).toEqual(expected.map((v) => v + 0));
      }),
    );
  });
});

describe('the stretch of gel-v1', () => {
  it('maps percentiles 0.1 and 99.9 to black and white and clips beyond them', () => {
    const pixels = Uint16Array.from({ length: 2001 }, (_, i) => 1000 + i);
    const bytes = toEightBit(raster(pixels), 'gel-v1');
    expect([bytes[0], bytes[2], bytes[1000], bytes[1998], bytes[2000]]).toEqual([0, 0, 128, 255, 255]);
    expect(bytes[3]).toBe(0);
    expect(bytes[20]).toBe(2);
  });

  it('does not depend on depth, offset or gain of the same picture', () => {
    const eight = Uint8Array.from({ length: 500 }, (_, i) => 10 + (i % 201));
    const sixteen = Uint16Array.from(eight, (value) => value * 100 + 7);
    const float = Float32Array.from(eight, (value) => value * 0.125 - 3);
    const expected = toEightBit(raster(eight), 'gel-v1');
    expect(toEightBit(raster(sixteen), 'gel-v1')).toEqual(expected);
    expect(toEightBit(raster(float), 'gel-v1')).toEqual(expected);
  });

  it('raises the contrast of a nearly empty frame 50 times at most', () => {
    const pixels = Uint8Array.from({ length: 1000 }, (_, i) => 100 + (i % 2));
    expect(new Set(toEightBit(raster(pixels), 'gel-v1'))).toEqual(new Set([0, 50]));
    expect(new Set(toEightBit(raster(new Float32Array(9)), 'gel-v1'))).toEqual(new Set([0]));
  });
});

describe('reference-v1', () => {
  it('keeps 8-bit values and takes the upper byte of 16-bit ones', () => {
    const eight = Uint8Array.of(3, 77, 250);
    expect(toEightBit(raster(eight), 'reference-v1')).toBe(eight);
    expect(toEightBit(raster(Uint16Array.of(0, 255, 256, 65535)), 'reference-v1')).toEqual(
      Uint8Array.of(0, 0, 1, 255),
    );
  });
});

describe('luma', () => {
  it('weighs colours by BT.601 and leaves greys alone', () => {
    expect(luma(Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9), 3)).toEqual(
      Uint8Array.of(76, 150, 29, 9),
    );
    expect(luma(Uint16Array.of(65535, 65535, 65535, 0), 4)).toEqual(Uint16Array.of(65535));
    expect(luma(Float32Array.of(-2, -2, -2), 3)).toEqual(Float32Array.of(-2));
  });

  it('in linear light makes colours lighter than in the plain form and leaves greys alone', () => {
    const colours = Uint8Array.of(200, 40, 40, 200, 200, 200);
    const [linear, grey] = linearLightLuma(colours, 3, 45455);
    expect(linear).toBeGreaterThan(luma(colours, 3)[0]!);
    expect(grey).toBe(200);
  });
});

describe('resizeBilinear', () => {
  it('leaves a picture of the wanted size and a single tone of any size as they are', () => {
    const noise = Uint8Array.from({ length: 35 }, (_, i) => (i * 73) % 256);
    expect(resizeBilinear(noise, 7, 5, 7, 5)).toEqual(noise);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(255),
        (w, h, tone) => {
          const result = resizeBilinear(new Uint8Array(w * h).fill(tone), w, h, 32, 24);
          expect(result.every((value) => value === tone)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('averages over the whole footprint when it reduces, and interpolates when it enlarges', () => {
    // A triangle two pixels wide to either side: weights 1/8, 3/8, 3/8, 1/8, cut off and renormalised at the edges.
    expect(resizeBilinear(Uint8Array.of(0, 0, 160, 160, 80, 80, 0, 0), 8, 1, 4, 1)).toEqual(
      Uint8Array.of(23, 130, 80, 11),
    );
    expect(resizeBilinear(Uint8Array.of(0, 100), 2, 1, 4, 1)).toEqual(Uint8Array.of(0, 25, 75, 100));
  });
});

describe('networkInput', () => {
  it('is 224 x 224 whatever the aspect', () => {
    const wide = { width: 500, height: 70, pixels: Uint8Array.from({ length: 35000 }, (_, i) => i % 251) };
    expect(networkInput(wide, 'gel-v1')).toHaveLength(INPUT_PIXELS);
    expect(networkInput(wide, 'reference-v1')).toHaveLength(INPUT_PIXELS);
  });

  it('is the same when the percentiles are handed in', () => {
    const pixels = Uint16Array.from({ length: 100 * 80 }, (_, i) => (i * 7919) % 5000);
    const [low, high] = percentiles(pixels, [1, 999]);
    const picture = { width: 100, height: 80, pixels };
    expect(networkInput(picture, 'gel-v1', { low: low!, high: high! })).toEqual(
      networkInput(picture, 'gel-v1'),
    );
  });
});
