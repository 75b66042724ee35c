import type { SeenPicture } from '../db/schema.js';
import { hashDistance, parseHash, relateHash } from '../images/perceptual-hash.js';
import type { PictureFacts } from '../images/picture.js';
import { PICTURE_RELATIONS } from '../images/picture-relation.js';
import type { TrainingPicture } from '../registry/training-features.js';

/** Copies among the published pictures differ in 7 of 63 bits at most, other pictures in 13 and more. */
const NEAR_BITS = 8;

export type FindSeen = (facts: PictureFacts) => (Omit<SeenPicture, 'label'> & { labelIndex: number }) | null;

/**
 * Prepares a model's training pictures once for all answers.
 * @returns finds the training picture that a picture is, or is a near-duplicate of, mirrored, turned or inverted ones
 *   included; crops are not found. Null where there is none.
 */
export function createSeenIndex(pictures: readonly TrainingPicture[]): FindSeen {
  const bySha256 = firstBy(pictures, ({ sha256 }) => sha256);
  const byRaster = firstBy(pictures, ({ rasterSha256 }) => rasterSha256);
  const hashed = pictures.flatMap((picture) =>
    picture.perceptualHash === null ? [] : [{ picture, words: parseHash(picture.perceptualHash) }],
  );

  function findNear(perceptualHash: string): ReturnType<FindSeen> {
    const wanted = PICTURE_RELATIONS.map((relation) => relateHash(parseHash(perceptualHash), relation));
    let best: ReturnType<FindSeen> = null;
    for (const { picture, words } of hashed) {
      const bits = Math.min(...wanted.map((hash) => hashDistance(words, hash)));
      if (bits <= NEAR_BITS && bits < (best?.differingBits ?? Infinity)) {
        best = shown('NEAR_DUPLICATE', picture, bits);
      }
    }
    return best;
  }

  return ({ sha256, rasterSha256, perceptualHash = null }) => {
    const sameFile = bySha256.get(sha256);
    if (sameFile !== undefined) return shown('SAME_FILE', sameFile, 0);
    const samePixels = byRaster.get(rasterSha256);
    if (samePixels !== undefined) return shown('SAME_PIXELS', samePixels, 0);
    return perceptualHash === null ? null : findNear(perceptualHash);
  };
}

function firstBy(
  pictures: readonly TrainingPicture[],
  keyOf: (picture: TrainingPicture) => string,
): Map<string, TrainingPicture> {
  // From the end, so that of equal keys the first one stays.
  return new Map(pictures.toReversed().map((picture) => [keyOf(picture), picture]));
}

function shown(
  kind: SeenPicture['kind'],
  { name, sha256, label }: TrainingPicture,
  differingBits: number,
): NonNullable<ReturnType<FindSeen>> {
  return { kind, name, sha256, labelIndex: label, differingBits };
}
