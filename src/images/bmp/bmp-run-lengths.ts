import type { BmpLayout } from './bmp-layout.js';

const ESCAPE = { endOfLine: 0, endOfPicture: 1, delta: 2 } as const;

/**
 * Expands run lengths of 4 or 8 bits to colour numbers, [width * height] in the order of the file's rows. What a delta
 * skips stays 0. Runs that leave their row are cut.
 * @throws RangeError where the runs end before the end of the picture is marked or its last row filled
 */
export function expandRunLengths(
  file: Buffer,
  { width, height, bitsPerPixel, pixelOffset }: BmpLayout,
): Uint8Array {
  const indices = new Uint8Array(width * height);
  const isNibble = bitsPerPixel === 4;
  let [x, y, at] = [0, 0, pixelOffset];
  const put = (index: number) => {
    if (x < width) indices[y * width + x] = index;
    x++;
  };
  while (y < height) {
    if (y === height - 1 && x >= width && at + 2 > file.length) break;
    const [count, code] = [file.readUInt8(at), file.readUInt8(at + 1)];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isNibble ? (i & 1 ? code & 15 : code >> 4) : code);
    } else if (code === ESCAPE.endOfLine) [x, y] = [0, y + 1];
    else if (code === ESCAPE.endOfPicture) break;
    else if (code === ESCAPE.delta) {
      x += file.readUInt8(at);
      y += file.readUInt8(at + 1);
      at += 2;
    } else {
      for (let i = 0; i < code; i++) {
        const byte = file.readUInt8(at + (isNibble ? i >> 1 : i));
        put(isNibble ? (i & 1 ? byte & 15 : byte >> 4) : byte);
      }
      const bytes = isNibble ? (code + 1) >> 1 : code;
      at += bytes + (bytes & 1);
    }
  }
  return indices;
}
