import { GelqlError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import { networkInput } from '../../src/images/network-input.js';
import { sharp } from '../../src/images/sharp-setup.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { type TiffPageSpec, writeTiff } from '../support/tiff.js';

const width = 96;
const height = 80;
const gel = drawGel(width, height);
const options = { recipe: 'gel-v1', maxPixels: 1_000_000 } as const;

const page = (samples: TiffPageSpec['samples'], more: Partial<TiffPageSpec> = {}): TiffPageSpec => ({
  width,
  height,
  samples,
  ...more,
});
const decode = (spec: TiffPageSpec, layout?: Parameters<typeof writeTiff>[1]) =>
  decodeImage(writeTiff([spec], layout), options);
const bytes = quantise(gel, new Uint8Array(gel.length), 255);
const words = quantise(gel, new Uint16Array(gel.length), 65535);

async function refusal(
  file: Uint8Array,
  more: { page?: number; maxPixels?: number } = {},
): Promise<GelqlError> {
  const outcome = await decodeImage(file, { ...options, ...more }).catch((error: unknown) => error);
  if (outcome instanceof GelqlError) return outcome;
  throw new Error('was accepted', { cause: outcome });
}

describe('decoding TIFF samples', () => {
  it('keeps 8-bit and 16-bit grey as they are', async () => {
    const eight = await decode(page(bytes));
    expect(eight.raster).toEqual({ width, height, pixels: bytes });
    expect(eight.facts).toMatchObject({ format: 'tiff', bitDepth: 8, channels: 1, hasAlpha: false });

    const sixteen = await decode(page(words));
    expect(sixteen.raster).toEqual({ width, height, pixels: words });
    expect(sixteen.facts).toMatchObject({ bitDepth: 16, encoding: 'linear', pageCount: 1, orientation: 1 });
  });

  it('reads both byte orders and BigTIFF alike', async () => {
    const shapes = [true, false].flatMap((isLittleEndian) =>
      [true, false].map((isBig) => ({ isLittleEndian, isBig })),
    );
    const signed = quantise(gel, new Int16Array(gel.length), 4000, -2000);
    for (const shape of shapes) {
      expect((await decode(page(words), shape)).raster.pixels).toEqual(words);
      expect((await decode(page(signed), shape)).raster.pixels).toEqual(Float32Array.from(signed));
    }
  });

  it.each([
    ['float32', new Float32Array(gel)],
    ['float64', gel],
    ['float32 counts with negative ones', new Float32Array(gel.map((value) => value * 1e5 - 300))],
    ['uint32', quantise(gel, new Uint32Array(gel.length), 4_000_000_000)],
    ['int32', quantise(gel, new Int32Array(gel.length), 2_000_000, -500_000)],
    ['int16', quantise(gel, new Int16Array(gel.length), 30_000, -12_000)],
    ['int8', quantise(gel, new Int8Array(gel.length), 200, -100)],
  ])('reads %s as float, exactly', async (_name, samples) => {
    const { raster } = await decode(page(samples));
    expect(raster.pixels).toEqual(Float32Array.from(samples));
  });

  it.each([
    ['uint8', bytes, bytes.map((value) => 255 - value)],
    ['uint16', words, words.map((value) => 65535 - value)],
  ])('turns MinIsWhite %s so that black is zero', async (_name, samples, expected) => {
    expect((await decode(page(samples, { photometric: 0 }))).raster.pixels).toEqual(expected);
  });

  it.each([
    ['uint32', quantise(gel, new Uint32Array(gel.length), 1000)],
    ['int16', quantise(gel, new Int16Array(gel.length), 1000, -500)],
    ['int32', quantise(gel, new Int32Array(gel.length), 1000, -500)],
    ['int8', quantise(gel, new Int8Array(gel.length), 200, -100)],
    ['float32', new Float32Array(gel)],
  ])('turns MinIsWhite %s so that the order of the greys is reversed', async (_name, samples) => {
    const upright = networkInput((await decode(page(samples))).raster, 'gel-v1');
    const turned = networkInput((await decode(page(samples, { photometric: 0 }))).raster, 'gel-v1');
    expect(
      largestDifference(
        turned,
        upright.map((value) => 255 - value),
      ),
    ).toBeLessThanOrEqual(2);
  });

  it('takes values that are not finite for the nearest finite one', async () => {
    const samples = new Float32Array(gel);
    samples.set([NaN, Infinity, -Infinity]);
    const finite = samples.slice(3);
    const { raster } = await decode(page(samples));
    expect(Array.from(raster.pixels.slice(0, 3))).toEqual([
      Math.min(...finite),
      Math.max(...finite),
      Math.min(...finite),
    ]);
  });

  it('makes colour grey by luma at the depth of the file', async () => {
    const colour = Uint16Array.from(
      { length: gel.length * 3 },
      (_, i) => ((i % 3) + 1) * 10_000 + (i % 7) * 500,
    );
    const { raster } = await decode(page(colour, { samplesPerPixel: 3 }));
    const [red, green, blue] = colour as unknown as [number, number, number];
    expect(raster.pixels).toBeInstanceOf(Uint16Array);
    expect(Math.abs(raster.pixels[0]! - (0.299 * red + 0.587 * green + 0.114 * blue))).toBeLessThan(2);
  });

  it('expands a palette and warns that the picture is coloured', async () => {
    const ramp = (scale: number) => Array.from({ length: 256 }, (_, i) => Math.min(65535, i * 257 * scale));
    const map = (...channels: number[][]) => [{ tag: 320, type: 3 as const, values: channels.flat() }];
    const grey = await decode(page(bytes, { photometric: 3, extraTags: map(ramp(1), ramp(1), ramp(1)) }));
    expect(grey.raster.pixels).toEqual(bytes);
    expect(grey.warnings).not.toContain('PSEUDO_COLOUR');
    const red = await decode(page(bytes, { photometric: 3, extraTags: map(ramp(1), ramp(0), ramp(0)) }));
    expect(red.warnings).toContain('PSEUDO_COLOUR');
  });

  it('flattens 16-bit alpha on white, and ignores an extra sample that does not claim to be alpha', async () => {
    const samples = Uint16Array.from(words).reduce(
      (all, word, i) => (all.set([word, i % width < 48 ? 0 : 65535], i * 2), all),
      new Uint16Array(words.length * 2),
    );
    const withExtra = (meaning: number) =>
      decode(page(samples, { samplesPerPixel: 2, extraTags: [{ tag: 338, type: 3, values: [meaning] }] }));
    const alpha = await withExtra(2);
    expect(alpha.facts.hasAlpha).toBe(true);
    expect(alpha.warnings).toContain('ALPHA_FLATTENED');
    expect(alpha.raster.pixels).toEqual(words.map((word, i) => (i % width < 48 ? 65535 : word)));

    const unspecified = await withExtra(0);
    expect(unspecified.facts.hasAlpha).toBe(false);
    expect(unspecified.warnings).not.toContain('ALPHA_FLATTENED');
    expect(unspecified.raster.pixels).toEqual(words);
  });

  it('applies the orientation to 16-bit grey without touching the values', async () => {
    const turned = await decode(page(words, { extraTags: [{ tag: 274, type: 3, values: [6] }] }));
    expect(turned.facts).toMatchObject({ orientation: 6, width: height, height: width });
    expect(turned.warnings).toContain('ORIENTATION_APPLIED');
    const expected = words.map(
      (_, i) => words[(height - 1 - (i % height)) * width + Math.floor(i / height)]!,
    );
    expect(turned.raster.pixels).toEqual(expected);
  });

  it('knows the square-root encoding of Molecular Dynamics .gel files', async () => {
    const withFileTag = (value: number) =>
      decode(page(words, { extraTags: [{ tag: 33445, type: 4, values: [value] }] }));
    const root = await withFileTag(2);
    expect(root.facts.encoding).toBe('sqrt');
    expect(root.warnings).toContain('SQRT_ENCODED_GEL');
    const linear = await withFileTag(128);
    expect(linear.facts.encoding).toBe('linear');
    expect(linear.warnings).not.toContain('SQRT_ENCODED_GEL');
  });
});

describe('TIFF pages', () => {
  const small = { width: 70, height: 66 };
  const second = quantise(drawGel(70, 66), new Uint16Array(70 * 66), 4095);
  const file = writeTiff([page(bytes), { ...small, samples: second }]);

  it('takes the first page and warns where none is named', async () => {
    const { facts, warnings, raster } = await decodeImage(file, options);
    expect(facts).toMatchObject({ page: 0, pageCount: 2, bitDepth: 8 });
    expect(warnings).toContain('MULTI_PAGE_ONLY_FIRST_USED');
    expect(raster.pixels).toEqual(bytes);
  });

  it('takes the page that is named, of another size and depth, without a warning', async () => {
    const { facts, warnings, raster } = await decodeImage(file, { ...options, page: 1 });
    expect(facts).toMatchObject({ page: 1, pageCount: 2, bitDepth: 16, ...small });
    expect(warnings).not.toContain('MULTI_PAGE_ONLY_FIRST_USED');
    expect(raster.pixels).toEqual(second);
  });

  it.each([2, -1, 0.5])('refuses page %p of two', async (wanted) => {
    const error = await refusal(file, { page: wanted });
    expect(error.code).toBe('PAGE_OUT_OF_RANGE');
    expect(error.facts).toEqual({ page: wanted, pageCount: 2 });
  });
});

describe('refused TIFF', () => {
  it.each([
    ['packed 12 bit', page(new Uint8Array((gel.length * 3) / 2).fill(7), { bitsPerSample: 12 })],
    ['float16', page(words, { sampleFormat: 3 })],
    ['complex', page(gel, { sampleFormat: 6 })],
    ['two extra samples', page(new Uint16Array(gel.length * 3), { samplesPerPixel: 3, photometric: 1 })],
    ['signed 16-bit colour', page(new Int16Array(gel.length * 3), { samplesPerPixel: 3 })],
  ])('names samples that cannot be read: %s', async (_name, spec) => {
    expect((await refusal(writeTiff([spec]))).code).toBe('UNSUPPORTED_SAMPLE_TYPE');
  });

  it('refuses small, huge and deep pictures from the header', async () => {
    const tiny = await refusal(writeTiff([{ width: 200, height: 15, samples: new Uint8Array(200 * 15) }]));
    expect(tiny).toMatchObject({ code: 'TOO_SMALL', facts: { width: 200, height: 15, minimumSide: 16 } });
    const many = await refusal(writeTiff([page(bytes)]), { maxPixels: width * height - 1 });
    expect(many).toMatchObject({ code: 'TOO_MANY_PIXELS', facts: { width, height } });
    const deepFile = writeTiff([page(new Uint16Array(gel.length * 3), { samplesPerPixel: 3 })]);
    const deep = await refusal(deepFile, { maxPixels: width * height });
    expect(deep.code).toBe('TOO_MANY_PIXELS');
    expect(deep.facts).toEqual({ decodedBytes: gel.length * 6, maxBytes: gel.length * 4 });
  });

  it('calls a file that is cut anywhere unreadable', async () => {
    const file = writeTiff([page(words)]);
    for (const length of [6, 12, 60, 140, 200, 5000, file.length - 200]) {
      const error = await refusal(file.subarray(0, length));
      expect([length, error.code]).toEqual([length, 'UNREADABLE_OR_TRUNCATED']);
    }
  });

  it('is not hung by a chain of pages that bites its tail', async () => {
    const file = writeTiff([page(bytes)]);
    const view = new DataView(file.buffer);
    const entries = view.getUint16(8, true);
    view.setUint32(10 + entries * 12, 8, true);
    const outcome = await decodeImage(file, { ...options, page: 1 }).catch((error: unknown) => error);
    expect(outcome).toHaveProperty('code', expect.stringMatching(/PAGE_OUT_OF_RANGE|UNREADABLE/));
  });
});

describe('one gel in many files', () => {
  it('gives nearly the same network input as 8-bit, 12-in-16, float, RGBA and EXIF-turned picture', async () => {
    const [w, h] = [300, 250];
    const scene = drawGel(w, h);
    const eightBit = quantise(scene, new Uint8Array(scene.length), 200, 20);
    const size = { width: w, height: h };
    const plain = sharp(Buffer.from(eightBit), { raw: { ...size, channels: 1 } });
    const files: Record<string, Uint8Array> = {
      eightBit: writeTiff([{ ...size, samples: eightBit }]),
      twelveInSixteen: writeTiff([
        { ...size, samples: quantise(scene, new Uint16Array(scene.length), 3000, 300) },
      ]),
      float: writeTiff([{ ...size, samples: new Float32Array(scene) }]),
      minIsWhite: writeTiff([{ ...size, samples: eightBit.map((value) => 255 - value), photometric: 0 }]),
      rgba: await plain.clone().toColourspace('srgb').ensureAlpha().png().toBuffer(),
      // Stored turned by 90 degrees to the left; orientation 6 says to turn it back.
      exif6: await plain
        .clone()
        .rotate(270)
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 98 })
        .toBuffer(),
    };
    const reference = networkInput((await decodeImage(files.eightBit!, options)).raster, 'gel-v1');
    for (const [name, file] of Object.entries(files)) {
      const input = networkInput((await decodeImage(file, options)).raster, 'gel-v1');
      const largest = largestDifference(input, reference);
      expect([name, largest <= (name === 'exif6' ? 8 : 2)]).toEqual([name, true]);
    }
  });
});

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}
