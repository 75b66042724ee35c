import { isNativeError } from 'node:util/types';
import { GelqlError, type ErrorCode } from '../errors.js';
import type { PictureFacts } from '../words/picture.js';
import type { GroupedPicture } from './group-pictures.js';
import { unreadable, type FilePath } from './list-folder.js';
import type { ScannedPicture } from './scan-folder.js';

/** Pictures that are decoded at once: so many files are in memory. */
const CONCURRENCY = 4;
/** What is wrong with a picture, not with the machine that reads it: only such a picture is left out. */
const PICTURE_FAULTS: readonly ErrorCode[] = [
  'FILE_TOO_LARGE',
  'UNSUPPORTED_FORMAT',
  'UNSUPPORTED_SAMPLE_TYPE',
  'UNREADABLE_OR_TRUNCATED',
  'TOO_MANY_PIXELS',
  'PICTURE_TOO_COSTLY',
  'TOO_SMALL',
  'BLANK_IMAGE',
  'PAGE_OUT_OF_RANGE',
  'WORKER_CRASHED',
];

/** What an import keeps of a decoded picture. */
export interface DecodedFacts {
  facts: PictureFacts;
  /** [64 * 64], see images/facts/miniature.ts. */
  miniature: Uint8Array;
}

/** A picture that could be read, with what it is compared by at hand. */
export interface ReadPicture extends ScannedPicture, GroupedPicture {
  facts: PictureFacts;
}

export interface SkippedPicture {
  name: string;
  code: ErrorCode;
  message: string;
}

/**
 * Reads and decodes pictures, a few at a time.
 * @returns them in the order in which they were scanned, and those that are none
 * @throws GelqlError DATASET_INVALID for a file that cannot be read; what `decode` throws about the machine instead of the
 * picture
 */
export async function readPictures(options: {
  pictures: readonly ScannedPicture[];
  groups?: ReadonlyMap<string, string> | undefined;
  read: (path: FilePath) => Promise<Uint8Array>;
  decode: (bytes: Uint8Array) => Promise<DecodedFacts>;
  onRead: (done: number) => void;
}): Promise<{ readable: ReadPicture[]; skipped: SkippedPicture[] }> {
  const { pictures, groups, read, decode, onRead } = options;
  const results: (ReadPicture | SkippedPicture | undefined)[] = [];
  let next = 0;
  let done = 0;
  let isBroken = false;
  const work = async () => {
    while (next < pictures.length && !isBroken) {
      const index = next++;
      const picture = pictures[index];
      if (picture === undefined) return;
      try {
        const decoded = await decode(await readNamed(read, picture));
        results[index] = describe(picture, decoded, groups?.get(picture.name) ?? null);
      } catch (error) {
        if (!(error instanceof GelqlError && PICTURE_FAULTS.includes(error.code))) {
          isBroken = true;
          throw error;
        }
        results[index] = { name: picture.name, code: error.code, message: error.message };
      }
      done += 1;
      onRead(done);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const found = results.filter((result) => result !== undefined);
  return {
    readable: found.filter((result): result is ReadPicture => 'facts' in result),
    skipped: found.filter((result): result is SkippedPicture => 'code' in result),
  };
}

/** A file system says of a file that it may not be read, or is gone, without saying which of the data set it is. */
export async function readNamed(
  read: (path: FilePath) => Promise<Uint8Array>,
  { path, name }: Pick<ScannedPicture, 'path' | 'name'>,
): Promise<Uint8Array> {
  try {
    return await read(path);
  } catch (cause) {
    throw isNativeError(cause) && 'syscall' in cause ? unreadable(name, cause) : cause;
  }
}

function describe(
  picture: ScannedPicture,
  { facts, miniature }: DecodedFacts,
  source: string | null,
): ReadPicture {
  const { sha256, rasterSha256, perceptualHash } = facts;
  return { ...picture, facts, miniature, source, sha256, rasterSha256, perceptualHash };
}
