/** Small readers of the chunk lists of PNG and WebP files: facts that the decoder does not report. */

/** The gamma of files that carry an sRGB chunk, in libpng's unit (100000 is linear). */
const SRGB_GAMMA = 45455;
/** libpng ignores a gamma within 5 % of linear. */
const LINEAR_TOLERANCE = 5000;

/**
 * The gamma that a PNG states before its pixels, in units of 1/100000, as libpng takes it: an sRGB chunk wins over gAMA.
 * Returns null where none is stated, where it is linear, or where the chunks are damaged.
 */
export function readPngGamma(bytes: Uint8Array): number | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let gamma: number | null = null;
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') break;
    if (type === 'sRGB') return SRGB_GAMMA;
    if (type === 'gAMA') gamma = file.readUInt32BE(at + 8);
  }
  return gamma === null || gamma === 0 || Math.abs(gamma - 100_000) < LINEAR_TOLERANCE ? null : gamma;
}

/** Whether a WebP file holds a picture in the lossy coding (chunk `VP8 `) rather than the lossless one (`VP8L`). */
export function isLossyWebp(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= file.length;) {
    const type = file.toString('latin1', at, at + 4);
    if (type === 'VP8 ') return true;
    if (type === 'VP8L') return false;
    // A frame of an animation wraps its picture in a chunk of its own behind 16 bytes of frame data.
    at += type === 'ANMF' ? 24 : 8 + file.readUInt32LE(at + 4) + (file.readUInt32LE(at + 4) & 1);
  }
  return false;
}
