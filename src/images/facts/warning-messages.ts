import type { PictureWarning } from '../../words/picture.js';

/** What each warning means to the person who sent the picture. */
export const WARNING_MESSAGES: Record<PictureWarning, string> = {
  LOW_CONTRAST:
    'The grey values span little of their range; the contrast was not stretched, to keep noise from looking like bands.',
  SATURATED: 'Many pixels are at the ceiling of their range: bands may be overexposed.',
  MULTI_PAGE_ONLY_FIRST_USED:
    'The file has several pages; the first at full resolution was used. Name another with `page`.',
  PSEUDO_COLOUR:
    'The file shows its values through a table of colours; they were turned into grey by luminance, which may not restore them.',
  SEVERAL_HUES:
    'The picture has colours of several hues; it was turned into grey by luminance, which may hide bands.',
  LOSSY_SOURCE: 'The picture was compressed with loss (JPEG or WebP); a 16-bit TIFF keeps more.',
  ALPHA_FLATTENED: 'Transparent parts were laid on white.',
  ORIENTATION_APPLIED: 'The picture was turned as its EXIF orientation says.',
  SQRT_ENCODED_GEL: 'The scanner stored square roots of the signal; they were used as they are.',
  ENLARGED:
    'The shorter side has fewer than 64 pixels; the picture was enlarged, and the answer is less sure.',
  PAGES_MISSING: 'The file names a further page that it does not hold; it may have been cut off.',
  IRREGULAR_FILE: 'The decoder met something irregular in the file that cost no pixels.',
};
