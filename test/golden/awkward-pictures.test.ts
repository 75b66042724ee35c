import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GelqlError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';

/**
 * Files that decoders commonly get wrong, each with the right raster or the right refusal. Their right
 * rasters are those of the plain picture that each was made from.
 */
const folder = join(import.meta.dirname, 'pictures');

interface Expected {
  /** The right digest; `or_raster` another right one. */
  raster?: string;
  or_raster?: string;
  codes?: string[];
  or_codes?: string[];
  not?: string[];
  /** Every `step`th pixel, right within `within` levels. */
  raster_close?: number[];
  step?: number;
  within?: number;
}

const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>;

describe('awkward picture files', () => {
  it.each(Object.entries(expected))('%s comes as stated', async (name, right) => {
    const outcome = await decodeImage(readFileSync(join(folder, name)), {
      recipe: 'gel-v1',
      maxPixels: 1_000_000,
    }).catch((error: unknown) => error);
    if (outcome instanceof GelqlError) {
      expect([...(right.codes ?? []), ...(right.or_codes ?? [])]).toContain(outcome.code);
      return;
    }
    const { facts, raster } = outcome as Awaited<ReturnType<typeof decodeImage>>;
    if (right.raster_close) {
      const sampled = raster.pixels.filter((_, i) => i % right.step! === 0);
      expect(sampled.length).toBe(right.raster_close.length);
      const differences = right.raster_close.map((value, i) => Math.abs(value - sampled[i]!));
      expect(Math.max(...differences)).toBeLessThanOrEqual(right.within!);
    } else expect([right.raster, right.or_raster]).toContain(facts.rasterSha256);
  });
});
