import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeImage } from '../../src/images/reading/decode-image.js';

/** Made by scripts/make-picture-matrix.py; the digests are those of tifffile's and Pillow's reading of the same bytes. */
const matrix = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, 'picture-matrix.json.gz'))).toString(),
) as Record<string, { file: string; raster: string }>;

describe('the matrix of picture files', () => {
  it.each(Object.entries(matrix))('%s', async (_name, { file, raster }) => {
    const decoded = await decodeImage(Buffer.from(file, 'base64'), {
      recipe: 'gel-v1',
      maxPixels: 1_000_000,
    });
    expect(decoded.facts.rasterSha256).toBe(raster);
  });
});
