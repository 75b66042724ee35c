import { decodeImage } from '../../src/images/reading/decode-image.js';
import { prepareImage } from '../../src/images/prepare-image.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { createRandom } from '../../src/images/random.js';
import { measureRaster } from '../../src/images/facts/raster-statistics.js';
import { sharp } from '../../src/images/sharp-setup.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { writeTiff } from '../support/tiff.js';

const width = 200;
const height = 160;
const pixelCount = width * height;
const gel = drawGel(width, height);
const measure = (pixels: Uint8Array | Uint16Array | Float32Array) => measureRaster({ width, height, pixels });
const words = (maximum: number, offset = 0) => quantise(gel, new Uint16Array(pixelCount), maximum, offset);
const decode = (samples: Uint8Array | Uint16Array | Float32Array) =>
  decodeImage(writeTiff([{ width, height, samples }]), { recipe: 'gel-v1', maxPixels: pixelCount });

/** Sensor noise: the mean of twelve draws, bell-shaped, neighbours independent. */
function noise(mean: number, spread: number): Uint16Array {
  const random = createRandom('noise');
  return Uint16Array.from({ length: pixelCount }, () => {
    const bell = Array.from({ length: 12 }, () => random.below(2001) - 1000).reduce(
      (sum, draw) => sum + draw,
      0,
    );
    return Math.round(mean + (bell / 2000) * spread);
  });
}

describe('facts of a raster', () => {
  it('counts mean and deviation on 0..255 at every depth', () => {
    const eight = measure(quantise(gel, new Uint8Array(pixelCount), 255));
    const sixteen = measure(words(65535));
    const float = measure(Float32Array.from(gel));
    const mean = (gel.reduce((sum, value) => sum + value, 0) / pixelCount) * 255;
    for (const { meanGrey, standardDeviationGrey } of [eight, sixteen, float]) {
      expect(Math.abs(meanGrey - mean)).toBeLessThan(0.05);
      expect(Math.abs(standardDeviationGrey - eight.standardDeviationGrey)).toBeLessThan(0.05);
    }
  });

  it('guesses the polarity from where the median lies', () => {
    expect(measure(words(60000)).polarityGuess).toBe('LIGHT_ON_DARK');
    expect(measure(words(60000).map((value) => 60000 - value)).polarityGuess).toBe('DARK_ON_LIGHT');
    const ramp = Uint8Array.from({ length: pixelCount }, (_, i) => i % width);
    expect(measure(ramp).polarityGuess).toBe('UNCERTAIN');
  });

  it('counts saturation at the ceiling of the camera, not of the container', () => {
    const clipped = words(8000).map((value) => Math.min(4095, value));
    const share = clipped.filter((value) => value === 4095).length / pixelCount;
    expect(share).toBeGreaterThan(0.01);
    expect(measure(clipped).saturatedFraction).toBeCloseTo(share, 12);
    expect(measure(clipped.map((value) => value - 1)).saturatedFraction).toBe(0);
    expect(measure(Float32Array.from(clipped, (value) => value / 4095)).saturatedFraction).toBeCloseTo(
      share,
      12,
    );
    expect(measure(Float32Array.from(clipped)).saturatedFraction).toBe(0);
  });
});

describe('blank and faint pictures', () => {
  it.each([
    ['black', new Uint8Array(pixelCount)],
    ['white', new Uint8Array(pixelCount).fill(255)],
    ['grey with a step of one', Uint8Array.from({ length: pixelCount }, (_, i) => 90 + (i > 9000 ? 1 : 0))],
    ['a single tone of float', new Float32Array(pixelCount).fill(0.25)],
    ['all zero float', new Float32Array(pixelCount)],
    ['the noise of a 16-bit sensor', noise(20_000, 30)],
    ['a dark 16-bit frame of a few counts', noise(4, 0.5)],
  ])('refuses %s', async (_name, samples) => {
    await expect(decode(samples)).rejects.toMatchObject({ code: 'BLANK_IMAGE' });
  });

  it('takes five counts of a 16-bit sensor whose bands have shape', async () => {
    const { raster, warnings } = await decode(words(4));
    expect(raster.pixels).toEqual(words(4));
    expect(warnings).toContain('LOW_CONTRAST');
  });

  it.each([
    ['20 of 255 levels', quantise(gel, new Uint8Array(pixelCount), 20, 100)],
    ['200 of 65535 counts on a bright ground', words(200, 30_000)],
    ['0.5 % of a float signal', quantise(gel, new Float32Array(pixelCount), 5, 1000).map((v) => v)],
  ])('takes a faint gel of %s with a warning', async (_name, samples) => {
    const { warnings } = await decode(samples);
    expect(warnings).toContain('LOW_CONTRAST');
  });

  it.each([
    ['a full gel', quantise(gel, new Uint8Array(pixelCount), 255)],
    ['10 bits in 16', words(1000)],
    ['12 bits in 16', words(4000)],
  ])('finds nothing to warn of in %s', async (_name, samples) => {
    expect((await decode(samples)).warnings).not.toContain('LOW_CONTRAST');
  });
});

describe('warnings from the file', () => {
  const rgb = (pixel: (value: number) => [number, number, number]) =>
    sharp(Buffer.from(Array.from(gel).flatMap((value) => pixel(Math.round(value * 255)))), {
      raw: { width, height, channels: 3 },
    });
  const warningsOf = async (file: Uint8Array) =>
    (await decodeImage(file, { recipe: 'gel-v1', maxPixels: pixelCount })).warnings;

  it('tells false colours from the slight tint of a camera', async () => {
    const tinted = await rgb((value) => [value, value, Math.min(255, value + 12)])
      .png()
      .toBuffer();
    const heat = await rgb((value) => [value, 255 - value, 40])
      .png()
      .toBuffer();
    const amber = await rgb((value) => [value, value >> 1, 0])
      .linear(1, 60)
      .png()
      .toBuffer();
    expect(await warningsOf(tinted)).not.toContain('SEVERAL_HUES');
    expect(await warningsOf(amber)).not.toContain('SEVERAL_HUES');
    expect(await warningsOf(heat)).toContain('SEVERAL_HUES');
    expect(await warningsOf(heat)).not.toContain('PSEUDO_COLOUR');
  });

  it('speaks of a table of colours only where the file has one', async () => {
    const table = await rgb((value) => [value, 255 - value, 40])
      .png({ palette: true, colours: 64 })
      .toBuffer();
    expect(await warningsOf(table)).toContain('PSEUDO_COLOUR');
    expect(await warningsOf(table)).not.toContain('SEVERAL_HUES');
  });

  it('knows lossy files: JPEG, lossy WebP, JPEG inside TIFF', async () => {
    const grey = rgb((value) => [value, value, value]);
    expect(await warningsOf(await grey.clone().jpeg().toBuffer())).toContain('LOSSY_SOURCE');
    expect(await warningsOf(await grey.clone().webp().toBuffer())).toContain('LOSSY_SOURCE');
    expect(await warningsOf(await grey.clone().webp({ lossless: true }).toBuffer())).not.toContain(
      'LOSSY_SOURCE',
    );
    expect(await warningsOf(await grey.clone().tiff({ compression: 'jpeg' }).toBuffer())).toContain(
      'LOSSY_SOURCE',
    );
    expect(await warningsOf(await grey.clone().tiff({ compression: 'lzw' }).toBuffer())).not.toContain(
      'LOSSY_SOURCE',
    );
  });

  it('does not speak of alpha where every pixel is opaque', async () => {
    const opaque = await rgb((value) => [value, value, value])
      .ensureAlpha()
      .png()
      .toBuffer();
    const { facts, warnings } = await decodeImage(opaque, { recipe: 'gel-v1', maxPixels: pixelCount });
    expect(facts).toMatchObject({ hasAlpha: true, channels: 4 });
    expect(warnings).not.toContain('ALPHA_FLATTENED');
  });
});

describe('digests', () => {
  it('tell files apart by their bytes and pictures by their pixels', async () => {
    const samples = quantise(gel, new Uint8Array(pixelCount), 255);
    const raw = sharp(Buffer.from(samples), { raw: { width, height, channels: 1 } }).toColourspace('b-w');
    const tiff = await decode(samples);
    const png = await decodeImage(await raw.png().toBuffer(), { recipe: 'gel-v1', maxPixels: pixelCount });
    expect(png.facts.rasterSha256).toBe(tiff.facts.rasterSha256);
    expect(png.facts.sha256).not.toBe(tiff.facts.sha256);
    expect(tiff.facts.sha256).toMatch(/^[0-9a-f]{64}$/);
    const other = await decode(samples.with(5, 200));
    expect(other.facts.rasterSha256).not.toBe(tiff.facts.rasterSha256);
  });
});

describe('prepareImage', () => {
  it('answers with facts, warnings, all views and the time it took', async () => {
    const bytes = writeTiff([{ width, height, samples: words(4000) }]);
    const task = { bytes, page: null, recipe: 'gel-v1', maxPixels: pixelCount } as const;
    const one = await prepareImage({ ...task, views: 1 });
    const three = await prepareImage({ ...task, views: 3 });
    expect(one.facts).toMatchObject({ format: 'tiff', width, height, bitDepth: 16 });
    expect(one.warnings).toEqual([]);
    expect(one.decodeMs).toBeGreaterThan(0);
    expect(three.inputs).toHaveLength(3 * INPUT_PIXELS);
    expect(Buffer.compare(three.inputs.subarray(0, INPUT_PIXELS), one.inputs)).toBe(0);
  });

  it('fails with the typed error of the decoder', async () => {
    const task = { page: null, recipe: 'gel-v1', views: 1, maxPixels: 10 } as const;
    await expect(prepareImage({ ...task, bytes: new Uint8Array() })).rejects.toMatchObject({
      code: 'UNSUPPORTED_FORMAT',
    });
  });
});
