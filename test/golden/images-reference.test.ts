import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GelqlError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import { networkInput } from '../../src/images/network-input.js';
import type { DecodedPicture, RasterRecipe } from '../../src/words/picture.js';

const shared = resolve('../shared');
const folder = join(shared, 'fixtures/images');
const whereShared = existsSync(folder) ? describe : describe.skip;

interface Case {
  image: string;
  expected: string;
  width: number;
  height: number;
}
const readCases = (): Case[] =>
  (JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as { cases: Case[] }).cases;

const decode = (name: string, recipe: RasterRecipe = 'gel-v1', page: number | null = null) =>
  decodeImage(readFileSync(join(folder, name)), { recipe, page, maxPixels: 100_000_000 });

whereShared('reference-v1 against OpenCV and Pillow (needs ../shared/fixtures/images)', () => {
  it('reproduces every recorded network input: PNG exactly, JPEG within the noise of decoders', async () => {
    const cases = readCases();
    expect(cases.length).toBeGreaterThan(0);
    for (const { image, expected, width, height } of cases) {
      const bytes = readFileSync(join(shared, image));
      const { raster } = await decodeImage(bytes, { recipe: 'reference-v1', maxPixels: 100_000_000 });
      expect(raster).toMatchObject({ width, height });
      const { mean, largest } = differences(
        networkInput(raster, 'reference-v1'),
        readFileSync(join(folder, expected)),
      );
      const isExact = image.endsWith('.png');
      expect([image, mean <= (isExact ? 0 : 0.01), largest <= (isExact ? 0 : 3)]).toEqual([
        image,
        true,
        true,
      ]);
    }
  });
});

/** Grey 0, 2, ..., 254 from left to right in 96 rows of 128, the picture behind most fixtures. */
const ramp = Uint8Array.from({ length: 128 * 96 }, (_, i) => (i % 128) * 2);
const rampOf = (value: (x: number) => number) => Array.from({ length: 128 * 96 }, (_, i) => value(i % 128));

type Check = (picture: DecodedPicture) => void;
const outcomes: Record<string, Check | { code: string; facts: object }> = {
  'alpha-half.png': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ channels: 4, hasAlpha: true });
    expect(warnings).toContain('ALPHA_FLATTENED');
    const row = raster.pixels.subarray(0, 128);
    expect(Array.from(row)).toEqual(Array.from({ length: 128 }, (_, x) => (x < 64 ? x * 2 : 255)));
  },
  'bomb-30000x30000.png': {
    code: 'TOO_MANY_PIXELS',
    facts: { width: 30000, height: 30000, maxPixels: 100_000_000 },
  },
  'cmyk.jpg': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ format: 'jpeg', channels: 4, hasAlpha: false });
    expect(warnings).toContain('LOSSY_SOURCE');
    expect(differences(raster.pixels as Uint8Array, ramp).largest).toBeLessThanOrEqual(2);
  },
  'empty.jpg': { code: 'UNSUPPORTED_FORMAT', facts: { detected: 'empty' } },
  'exif-orientation-6.jpg': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ orientation: 6, width: 96, height: 128 });
    expect(warnings).toContain('ORIENTATION_APPLIED');
    const upright = Uint8Array.from({ length: 128 * 96 }, (_, i) => Math.floor(i / 96) * 2);
    expect(differences(raster.pixels as Uint8Array, upright).largest).toBeLessThanOrEqual(2);
  },
  // Text behind the first letters of a GIF.
  'not-an-image.png': { code: 'UNREADABLE_OR_TRUNCATED', facts: { format: 'gif' } },
  'one-bit.png': ({ raster, facts }) => {
    expect(facts.bitDepth).toBe(1);
    expect(new Set(raster.pixels)).toEqual(new Set([0, 255]));
  },
  'palette.png': ({ raster, warnings }) => {
    expect(raster.pixels).toEqual(ramp);
    expect(warnings).not.toContain('PSEUDO_COLOUR');
  },
  'ramp-16bit-12bit-range.tif': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ bitDepth: 16, stretchLow: 1000, stretchHigh: 4000 });
    expect(warnings).toEqual([]);
    expect(Array.from(raster.pixels)).toEqual(rampOf((x) => Math.floor(1000 + (x * 3000) / 127)));
  },
  'ramp-16bit.tif': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ bitDepth: 16, stretchLow: 0, stretchHigh: 65535 });
    // One of 128 columns is white: 0.8 % of the pixels.
    expect(warnings).toEqual(['SATURATED']);
    expect(Array.from(raster.pixels)).toEqual(rampOf((x) => Math.floor((x * 65535) / 127)));
  },
  'ramp.bmp': ({ raster, facts }) => {
    expect(facts).toMatchObject({ format: 'bmp', pageCount: 1 });
    expect(raster.pixels).toEqual(ramp);
  },
  'ramp.webp': ({ raster, facts, warnings }) => {
    expect(facts.format).toBe('webp');
    expect(warnings).not.toContain('LOSSY_SOURCE');
    expect(raster.pixels).toEqual(ramp);
  },
  'truncated.jpg': {
    code: 'UNREADABLE_OR_TRUNCATED',
    facts: { format: 'jpeg', reason: 'VipsJpeg: premature end of JPEG image' },
  },
  'two-frames.gif': ({ facts, warnings }) => {
    expect(facts).toMatchObject({ format: 'gif', pageCount: 2, page: 0 });
    expect(warnings).toContain('MULTI_PAGE_ONLY_FIRST_USED');
  },
  'two-pages.tif': ({ raster, facts, warnings }) => {
    expect(facts).toMatchObject({ pageCount: 2, page: 0 });
    expect(warnings).toContain('MULTI_PAGE_ONLY_FIRST_USED');
    expect(raster.pixels).toEqual(ramp);
  },
  'vector.svg': { code: 'UNSUPPORTED_FORMAT', facts: { detected: 'SVG drawing' } },
};

whereShared('every picture fixture has its outcome (needs ../shared/fixtures/images)', () => {
  it('leaves no fixture out', () => {
    const files = readdirSync(folder).filter((name) => !/\.(raw|json)$/.test(name));
    expect(Object.keys(outcomes).sort()).toEqual(files.sort());
  });

  it.each(Object.entries(outcomes))('%s', async (name, outcome) => {
    if (typeof outcome === 'function') {
      outcome(await decode(name));
    } else {
      const error = await decode(name).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(GelqlError);
      expect(error).toMatchObject(outcome);
    }
  });

  it('reads the second page of two where it is asked for', async () => {
    const { raster, facts } = await decode('two-pages.tif', 'gel-v1', 1);
    expect(facts.page).toBe(1);
    expect(raster.pixels).toHaveLength(128 * 96);
    expect(raster.pixels).not.toEqual(ramp);
  });

  it('drops alpha for the reference recipe, as OpenCV does', async () => {
    const { raster, warnings } = await decode('alpha-half.png', 'reference-v1');
    expect(raster.pixels).toEqual(ramp);
    expect(warnings).not.toContain('ALPHA_FLATTENED');
  });

  it('refuses the 900-megapixel bomb from its header, without taking memory for its pixels', async () => {
    const before = process.memoryUsage.rss();
    const error = await decode('bomb-30000x30000.png').catch((reason: unknown) => reason);
    // Refused by the header's check: what the decoder throws arrives with a cause, as UNREADABLE_OR_TRUNCATED.
    expect(error).toMatchObject({ code: 'TOO_MANY_PIXELS', facts: { width: 30000, height: 30000 } });
    expect(error).not.toHaveProperty('cause');
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
  });
});

function differences(a: Uint8Array, b: Uint8Array): { mean: number; largest: number } {
  const all = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { mean: all.reduce((sum, value) => sum + value, 0) / all.length, largest: Math.max(...all) };
}
