import type { PictureFormat } from '../../words/picture.js';

/**
 * What the JPEG decoder reports of whole pictures (12 of 1,662 files of strangers had stray bytes before a marker, one an
 * unknown revision of JFIF, one an unknown Adobe code). All else that it reports means lost pixels.
 */
const HARMLESS_JPEG = [
  /extraneous bytes before marker/i,
  /unknown JFIF revision/i,
  /Unknown Adobe color transform/i,
  /Invalid SOS parameters for sequential JPEG/i,
];
/** Damage to a PNG's pixels; the decoder's other complaints are about chunks that hold none. */
const LOST_PNG =
  /IDAT|read error|CRC|truncat|not enough|too (?:little|much)|inflate|zlib|end of file|libspng/i;

/** Whether the decoder stopped at something that costs no pixels. Everything unknown counts as damage. */
export function isHarmless(error: unknown, format: PictureFormat): boolean {
  if (!(error instanceof Error)) return false;
  const lines = error.message.split('\n').filter((line) => line.trim() !== '');
  if (format === 'jpeg' || format === 'tiff') {
    return lines.every((line) => HARMLESS_JPEG.some((complaint) => complaint.test(line)));
  }
  return format === 'png' && lines.every((line) => /libpng|pngload|png/i.test(line) && !LOST_PNG.test(line));
}
