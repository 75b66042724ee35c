import fc from 'fast-check';
import { GelqlError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import { networkInput } from '../../src/images/network-input.js';
import { INPUT_PIXELS, RASTER_RECIPES } from '../../src/words/picture.js';
import { sharp } from '../../src/images/sharp-setup.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { writeTiff } from '../support/tiff.js';

const width = 80;
const height = 70;
const gel = drawGel(width, height);
const recipes = fc.constantFrom(...RASTER_RECIPES);

async function seedFiles(): Promise<Uint8Array[]> {
  const grey = quantise(gel, new Uint8Array(gel.length), 255);
  const picture = sharp(Buffer.from(grey), { raw: { width, height, channels: 1 } });
  const encoded = await Promise.all([
    picture.clone().jpeg().toBuffer(),
    picture.clone().withMetadata({ orientation: 8 }).jpeg({ progressive: true }).toBuffer(),
    picture.clone().png().toBuffer(),
    picture.clone().png({ palette: true }).toBuffer(),
    picture.clone().webp().toBuffer(),
    picture.clone().webp({ lossless: true }).toBuffer(),
    picture.clone().tiff({ compression: 'lzw' }).toBuffer(),
  ]);
  const float = { width, height, samples: new Float32Array(gel) };
  const signed = { width, height, samples: quantise(gel, new Int16Array(gel.length), 2000, -500) };
  return [
    ...encoded,
    writeTiff([float, signed]),
    writeTiff([signed], { isBig: true, isLittleEndian: false }),
  ];
}

/** The only two ends that a file may come to. */
async function expectPictureOrTypedError(
  bytes: Uint8Array,
  recipe: (typeof RASTER_RECIPES)[number],
  page: number | null,
) {
  try {
    const { raster, facts } = await decodeImage(bytes, { recipe, page, maxPixels: 1_000_000 });
    expect(raster.pixels).toHaveLength(raster.width * raster.height);
    expect(
      Object.values(facts).filter((value) => typeof value === 'number' && !Number.isFinite(value)),
    ).toEqual([]);
    expect(networkInput(raster, recipe)).toHaveLength(INPUT_PIXELS);
  } catch (error) {
    if (!(error instanceof GelqlError)) throw error;
    expect(error.code).not.toBe('INTERNAL');
  }
}

const damage = fc.record({
  file: fc.nat(8),
  edits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 12 }),
  /** Half of the edits go to the first bytes, where the structure is. */
  headEdits: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
  keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  recipe: recipes,
  page: fc.constantFrom(null, 0, 1),
});

describe('whatever the bytes, a picture or a typed error', () => {
  it('holds for random bytes behind the signature of each format', async () => {
    const signatures = [
      '',
      '\xff\xd8\xff',
      '\x89PNG\r\n\x1a\n',
      'II*\0',
      'MM\0*',
      'II+\0',
      'RIFF\0\0\0\0WEBP',
      'BM',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...signatures),
        fc.uint8Array({ maxLength: 400 }),
        recipes,
        async (signature, rest, recipe) => {
          const bytes = new Uint8Array(Buffer.concat([Buffer.from(signature, 'latin1'), rest]));
          await expectPictureOrTypedError(bytes, recipe, null);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('holds for real files that were edited or cut', async () => {
    const files = await seedFiles();
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, edits, headEdits, keep, recipe, page }) => {
        const bytes = Uint8Array.from(files[file]!);
        for (const [place, value] of edits) bytes[Math.floor(place * (bytes.length - 1))] = value;
        for (const [place, value] of headEdits) bytes[place % bytes.length] = value;
        await expectPictureOrTypedError(bytes.subarray(0, Math.ceil(keep * bytes.length)), recipe, page);
      }),
      { numRuns: 300 },
    );
  });

  it('holds for the undamaged files, which all are pictures', async () => {
    for (const bytes of await seedFiles()) {
      const { facts } = await decodeImage(bytes, { recipe: 'gel-v1', maxPixels: 1_000_000 });
      expect([facts.width, facts.height].sort()).toEqual([height, width]);
    }
  });
});
