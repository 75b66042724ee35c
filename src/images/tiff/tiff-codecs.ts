/** TIFF's numbers of codecs that are decoded. */
export const CODEC = { none: 1, jpeg: 7 } as const;

/** Uncompressed, CCITT (2 to 4, one bit), LZW, JPEG, both numbers of deflate, PackBits. */
const READABLE = [1, 2, 3, 4, 5, 7, 8, 32773, 32946];

/** Those that are met in the wild and that the decoder's build lacks or gets wrong. */
const NAMES: Record<number, string> = {
  6: 'the old form of JPEG in TIFF',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT run lengths',
  32771: 'word-aligned CCITT run lengths',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  33007: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34926: 'ZSTD',
  34927: 'WebP',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'ZSTD',
  50001: 'WebP',
  50002: 'JPEG XL',
  50013: 'PIXTIFF deflate',
  52546: 'JPEG XL',
};

/** The codec's name where it is not decoded; null where it is. */
export function findUnreadableCodec(compression: number): string | null {
  if (READABLE.includes(compression)) return null;
  return NAMES[compression] ?? `codec number ${compression}`;
}
