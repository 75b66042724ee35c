import type { SeenPicture } from '../db/schema.js';
import { hashDistance, parseHash, relateHash } from '../images/perceptual-hash.js';
import type { PictureFacts } from '../images/picture.js';
import { PICTURE_RELATIONS } from '../images/picture-relation.js';
import type { TrainingPicture } from '../registry/training-features.js';

/** Copies among the published pictures differ in 7 of 63 bits at most, other pictures in 13 and more. */
const NEAR_BITS = 8;

/**
 * The training picture that this one is, or is a near-duplicate of, mirrored, turned or inverted ones included; crops are
 * not found. Null where there is none.
 */
export function findSeen(
  { sha256, rasterSha256, perceptualHash = null }: PictureFacts,
  pictures: readonly TrainingPicture[],
): (Omit<SeenPicture, 'label'> & { labelIndex: number }) | null {
  const shown = (
    kind: SeenPicture['kind'],
    { name, sha256: seen, label }: TrainingPicture,
    bits: number,
  ) => ({
    ...{ kind, name, sha256: seen, labelIndex: label, differingBits: bits },
  });
  const sameFile = pictures.find((picture) => picture.sha256 === sha256);
  if (sameFile !== undefined) return shown('SAME_FILE', sameFile, 0);
  const samePixels = pictures.find((picture) => picture.rasterSha256 === rasterSha256);
  if (samePixels !== undefined) return shown('SAME_PIXELS', samePixels, 0);
  if (perceptualHash === null) return null;
  const wanted = PICTURE_RELATIONS.map((relation) => relateHash(parseHash(perceptualHash), relation));
  let best: ReturnType<typeof shown> | null = null;
  for (const picture of pictures) {
    if (picture.perceptualHash === null) continue;
    const words = parseHash(picture.perceptualHash);
    const bits = Math.min(...wanted.map((hash) => hashDistance(words, hash)));
    if (bits <= NEAR_BITS && bits < (best?.differingBits ?? Infinity)) {
      best = shown('NEAR_DUPLICATE', picture, bits);
    }
  }
  return best;
}
