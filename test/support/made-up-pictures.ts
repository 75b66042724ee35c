import { encodeGrey } from '../../src/images/encode-image.js';
import { drawGel, quantise } from './gel-picture.js';

/** PNG files of made-up gels, each of another size and exposure. */
export async function encodeMadeUpGels(count: number): Promise<Uint8Array[]> {
  return Promise.all(
    Array.from({ length: count }, (_, number) => {
      const [width, height] = [300 + 17 * number, 240 + 11 * number];
      const pixels = quantise(drawGel(width, height), new Uint8Array(width * height), 255 - 9 * number);
      return encodeGrey({ width, height, pixels }, { format: 'png' });
    }),
  );
}
