import { GelqlError } from '../errors.js';
import type { PictureFormat } from '../words/picture.js';

/** What sharp throws, as the error that the caller sees. The decoder's first line tells a person what broke. */
export function unreadable(error: unknown, format: PictureFormat): GelqlError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.split('\n')[0]!;
  return new GelqlError(
    'UNREADABLE_OR_TRUNCATED',
    `The file starts like ${format.toUpperCase()} but cannot be read: it is damaged or cut off.`,
    { cause: error, facts: { format, reason } },
  );
}
