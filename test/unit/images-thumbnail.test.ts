import sharp from 'sharp';
import { encodeGrey } from '../../src/images/encode-image.js';
import { drawThumbnail } from '../../src/images/thumbnail.js';
import { drawGel } from '../support/gel-picture.js';

const maxPixels = 1_000_000;

describe('a thumbnail', () => {
  it('keeps the proportions and shows a dim 16-bit picture in full contrast', async () => {
    const [width, height] = [400, 200];
    const pixels = Uint16Array.from(drawGel(width, height), (value) => 900 + Math.round(300 * value));
    const bytes = await encodeGrey({ width, height, pixels }, { format: 'tiff' });
    const thumbnail = await drawThumbnail({ bytes, side: 160, maxPixels });
    expect([thumbnail.width, thumbnail.height]).toEqual([160, 80]);
    const { channels } = await sharp(thumbnail.jpeg).stats();
    expect(channels[0]!.min).toBeLessThan(20);
    expect(channels[0]!.max).toBeGreaterThan(230);
    expect((await sharp(thumbnail.jpeg).metadata()).format).toBe('jpeg');
  });

  it('is never larger than the picture', async () => {
    const pixels = Uint8Array.from(drawGel(70, 90), (value) => Math.round(255 * value));
    const bytes = await encodeGrey({ width: 70, height: 90, pixels }, { format: 'png' });
    expect(await drawThumbnail({ bytes, side: 160, maxPixels })).toMatchObject({ width: 70, height: 90 });
  });

  it('is refused with the codes of decoding', async () => {
    const task = { bytes: Buffer.from('no picture'), side: 160, maxPixels };
    await expect(drawThumbnail(task)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
  });
});
