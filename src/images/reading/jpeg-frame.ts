import { tooCostly, unsupportedCodec, unsupportedSamples } from './decode-failure.js';

/**
 * Scans of a progressive JPEG: encoders write up to about 20, and each goes over the whole picture again (1,000 scans of
 * 10,000 x 10,000 pixels took 19 s, so these take 2 s).
 */
const MAX_SCANS = 100;

const MARKER = { startOfImage: 0xd8, endOfImage: 0xd9, startOfScan: 0xda, temporary: 0x01 } as const;
/** Frame markers that the decoder does not read. */
const UNREADABLE_FRAMES: Record<number, string> = {
  0xc3: 'lossless JPEG',
  0xc5: 'hierarchical JPEG',
  0xc6: 'hierarchical JPEG',
  0xc7: 'hierarchical JPEG',
  0xcb: 'lossless JPEG',
  0xcd: 'hierarchical JPEG',
  0xce: 'hierarchical JPEG',
  0xcf: 'hierarchical JPEG',
  0xf7: 'JPEG-LS',
};
const FRAMES = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];

/**
 * Walks the markers of a JPEG stream: refuses by name what the decoder cannot read, and by their count scans that would
 * take too long. Damage is left to the decoder.
 * @throws GelqlError UNSUPPORTED_SAMPLE_TYPE, PICTURE_TOO_COSTLY
 */
export function assertJpegFrame(bytes: Uint8Array): void {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let scans = 0;
  let at = file.indexOf(0xff);
  while (at >= 0 && at + 1 < file.length) {
    const marker = file[at + 1]!;
    if (marker === MARKER.endOfImage) break;
    const unreadable = UNREADABLE_FRAMES[marker];
    if (unreadable && scans === 0) throw unsupportedCodec(unreadable, {});
    if (FRAMES.includes(marker) && at + 4 < file.length && file[at + 4] !== 8) {
      throw unsupportedSamples(`${file[at + 4]}-bit JPEG samples`, { bitsPerSample: file[at + 4] });
    }
    if (marker === MARKER.startOfScan) scans++;
    at = file.indexOf(0xff, at + stepOver(file, at, marker));
  }
  if (scans > MAX_SCANS) throw tooCostly('scans', scans, MAX_SCANS);
}

/** Bytes from a marker to where the next one may be: its segment where it has one, else two; a fill byte counts one. */
function stepOver(file: Buffer, at: number, marker: number): number {
  if (marker === 0xff) return 1;
  const isBare = marker <= MARKER.temporary || (marker >= 0xd0 && marker <= MARKER.startOfImage);
  return isBare || at + 4 > file.length ? 2 : 2 + file.readUInt16BE(at + 2);
}
