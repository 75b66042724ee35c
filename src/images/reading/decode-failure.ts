import { GelqlError } from '../../errors.js';
import type { PictureFormat } from '../../words/picture.js';

/** What a decoder throws, as the error that the caller sees. The decoder's first line tells a person what broke. */
export function unreadable(error: unknown, format: PictureFormat): GelqlError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.split('\n')[0]!;
  return new GelqlError(
    'UNREADABLE_OR_TRUNCATED',
    `The file starts like ${format.toUpperCase()} but cannot be read: it is damaged or cut off.`,
    { cause: error, facts: { format, reason } },
  );
}

/** @param what the picture holds, in words that follow "The picture holds" */
export function unsupportedSamples(what: string, facts: Record<string, unknown>): GelqlError {
  return new GelqlError(
    'UNSUPPORTED_SAMPLE_TYPE',
    `The picture holds ${what}, which cannot be read. Export it as 8-bit or 16-bit greyscale TIFF.`,
    { facts },
  );
}

/** @param codec its name, as in "The picture is compressed with ZSTD" */
export function unsupportedCodec(codec: string, facts: Record<string, unknown>): GelqlError {
  return new GelqlError(
    'UNSUPPORTED_SAMPLE_TYPE',
    `The picture is compressed with ${codec}, which cannot be read. Save it with LZW or deflate, or uncompressed.`,
    { facts: { codec, ...facts } },
  );
}

/** @param what the file has too many of, such as "strips" */
export function tooCostly(what: string, found: number, limit: number): GelqlError {
  return new GelqlError(
    'PICTURE_TOO_COSTLY',
    `The file has ${found} ${what}; at most ${limit} are decoded. Save the picture anew.`,
    { facts: { what, found, limit } },
  );
}
