import { decodeImage } from '../../src/images/reading/decode-image.js';
import { encodeGrey, encodeRgb } from '../../src/images/encode-image.js';
import { sharp } from '../../src/images/sharp-setup.js';
import { rejection } from '../support/caught-error.js';

const WIDTH = 96;
const HEIGHT = 80;
const ramp = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => (index * 7) % 256);
const grey = { width: WIDTH, height: HEIGHT, pixels: ramp };
const decode = (bytes: Buffer) => decodeImage(bytes, { recipe: 'gel-v1', maxPixels: 1e6 });

describe('encodeGrey', () => {
  it.each(['png', 'tiff'] as const)(
    'keeps every pixel of 8 bits in one channel of a %s file',
    async (format) => {
      const { facts, raster } = await decode(await encodeGrey(grey, { format }));
      expect(facts).toMatchObject({ format, channels: 1, bitDepth: 8, width: WIDTH, height: HEIGHT });
      expect(raster.pixels).toEqual(ramp);
    },
  );

  it.each(['png', 'tiff'] as const)('keeps every pixel of 16 bits in a %s file', async (format) => {
    const pixels = Uint16Array.from(ramp, (value, index) => value * 257 - (index % 2));
    pixels[1] = 0;
    const { facts, raster } = await decode(await encodeGrey({ ...grey, pixels }, { format }));
    expect(facts).toMatchObject({ channels: 1, bitDepth: 16 });
    expect(raster.pixels).toEqual(pixels);
  });

  it('writes one-channel JPEG files that grow with the quality', async () => {
    const small = await encodeGrey(grey, { format: 'jpeg', quality: 30 });
    const large = await encodeGrey(grey, { format: 'jpeg', quality: 95 });
    expect((await decode(small)).facts).toMatchObject({ format: 'jpeg', channels: 1 });
    expect(large.length).toBeGreaterThan(small.length * 1.2);
  });

  it('refuses what a format cannot hold', async () => {
    const deep = { ...grey, pixels: new Uint16Array(WIDTH * HEIGHT) };
    const floating = { ...grey, pixels: new Float32Array(WIDTH * HEIGHT) };
    for (const refused of [
      encodeGrey(deep, { format: 'jpeg' }),
      encodeGrey(deep, { format: 'webp' }),
      encodeGrey(floating, { format: 'tiff' }),
    ]) {
      expect((await rejection(refused)).code).toBe('UNSUPPORTED_SAMPLE_TYPE');
    }
  });
});

describe('encodeRgb', () => {
  const opaque = Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, index) =>
    index % 4 === 3 ? 255 : (index * 5) % 251,
  );
  const withAlpha = { width: WIDTH, height: HEIGHT, channels: 4 as const, pixels: opaque };

  it.each(['png', 'tiff'] as const)('keeps colours and alpha in a %s file', async (format) => {
    const bytes = await encodeRgb(withAlpha, { format });
    const raw = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(raw.info.channels).toBe(4);
    expect(new Uint8Array(raw.data)).toEqual(opaque);
  });

  it('drops alpha in a JPEG file', async () => {
    const { facts } = await decode(await encodeRgb(withAlpha, { format: 'jpeg' }));
    expect(facts).toMatchObject({ format: 'jpeg', channels: 3, hasAlpha: false });
  });
});
