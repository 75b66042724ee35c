import { findFit, isNear } from '../datasets/find-near-duplicates.js';
import { CANDIDATE_BITS, createHashIndex } from '../datasets/hash-index.js';
import type { SeenPicture } from '../words/answer.js';
import { MINIATURE_PIXELS } from '../images/facts/miniature.js';
import {
  countBits,
  HASH_WINDOWS,
  hashWindows,
  parseHash,
  relateHash,
  type HashWords,
} from '../images/facts/perceptual-hash.js';
import type { PictureFacts } from '../words/picture.js';
import { invertRelation, PICTURE_RELATIONS, relateMiniature } from '../images/facts/picture-relation.js';
import type { PictureRelation } from '../words/picture-relation.js';
import { fingerprintOf } from '../images/facts/picture-similarity.js';
import type { TrainingPicture } from '../registry/training-features.js';

/** Where there is no miniature to decide, the hash must: copies differ in 7 of 63 bits at most, others in 13 and more. */
const NEAR_BITS = 8;
/** Parts are looked for as they are, mirrored and inverted, not turned. */
const PART_RELATIONS = PICTURE_RELATIONS.filter(({ turnedDegrees }) => turnedDegrees === 0);

/** The training pictures of a model, by what they are recognised by. */
export interface KnownPictures {
  pictures: readonly TrainingPicture[];
  /** [count, 64, 64] of the first pictures. */
  miniatures: Uint8Array;
}

export interface AskedPicture {
  facts: PictureFacts;
  /** [64, 64]. */
  miniature: Uint8Array;
  /** Positions of the training pictures with the most similar features: what it may be a part of. */
  similar: readonly number[];
}

export type FoundPicture = Omit<SeenPicture, 'label'> & { labelIndex: number };
export type FindSeen = (asked: AskedPicture) => Promise<FoundPicture | null>;

interface Candidate {
  position: number;
  /** In HASH_WINDOWS; 0 is the whole. */
  window: number;
  relation: PictureRelation;
  distance: number;
}

/**
 * Prepares a model's training pictures once for all answers. What a picture may be a copy of is proposed by its hash, in all
 * sixteen relations, and by its features: those of a part lie near those of the whole. Miniatures decide, as in data sets
 * (docs/near-duplicates.md).
 * @param takeTurn called after each 2 ms of work that is done once for each training picture
 * @returns finds the training picture that a picture is, or is a near-duplicate of; null where there is none
 */
export function createSeenIndex(known: KnownPictures, takeTurn: () => Promise<void>): FindSeen {
  const { pictures } = known;
  const bySha256 = firstBy(pictures, ({ sha256 }) => sha256);
  const byRaster = firstBy(pictures, ({ rasterSha256 }) => rasterSha256);
  const proposeWholes = createWholeLookup(pictures);
  const proposeParts = createPartLookup(known, takeTurn);

  const isCopy = (miniature: Uint8Array, { position, window, relation, distance }: Candidate): boolean => {
    const whole = miniatureAt(known, position);
    if (whole === null) return window === 0 && distance <= NEAR_BITS;
    const upright = relateMiniature(miniature, invertRelation(relation));
    return isNear(findFit(whole, fingerprintOf(upright), HASH_WINDOWS[window]!));
  };

  async function findNear(
    hash: HashWords,
    { miniature, similar }: AskedPicture,
  ): Promise<FoundPicture | null> {
    const candidates = [...proposeWholes(hash), ...(await proposeParts(hash, similar))];
    const nearestFirst = candidates.sort(
      (left, right) => left.distance - right.distance || left.position - right.position,
    );
    const copy = nearestFirst.find((candidate) => isCopy(miniature, candidate));
    return copy === undefined ? null : shown('NEAR_DUPLICATE', pictures[copy.position]!, copy.distance);
  }

  return async (asked) => {
    const { sha256, rasterSha256, perceptualHash } = asked.facts;
    const sameFile = bySha256.get(sha256);
    if (sameFile !== undefined) return shown('SAME_FILE', sameFile, 0);
    const samePixels = byRaster.get(rasterSha256);
    if (samePixels !== undefined) return shown('SAME_PIXELS', samePixels, 0);
    return perceptualHash === null ? null : findNear(parseHash(perceptualHash), asked);
  };
}

/** Training pictures whose hash is near that of a picture, whatever their relation. */
function createWholeLookup(pictures: readonly TrainingPicture[]): (hash: HashWords) => Candidate[] {
  const positions = [...pictures.keys()].filter((position) => pictures[position]?.perceptualHash !== null);
  const hashes = positions.flatMap((position) => {
    const { high, low } = parseHash(pictures[position]?.perceptualHash ?? '');
    return [high, low];
  });
  const index = createHashIndex(Uint32Array.from(hashes));
  return (hash) => {
    const nearest = new Map<number, Candidate>();
    for (const relation of PICTURE_RELATIONS) {
      const { high, low } = relateHash(hash, invertRelation(relation));
      index.visitNear(high, low, (at, distance) => {
        const position = positions[at]!;
        if (distance >= (nearest.get(position)?.distance ?? Infinity)) return;
        nearest.set(position, { position, window: 0, relation, distance });
      });
    }
    return [...nearest.values()];
  };
}

/**
 * The part with the nearest hash, among training pictures that are similar anyway. The hashes of a training picture's parts,
 * 2 kB, are made when it is first looked at: all of 1213 at once would take 2.5 s.
 */
function createPartLookup(
  known: KnownPictures,
  takeTurn: () => Promise<void>,
): (hash: HashWords, similar: readonly number[]) => Promise<Candidate[]> {
  const hashesOf = new Map<number, Uint32Array>();

  const partsOf = async (position: number): Promise<Uint32Array | null> => {
    const made = hashesOf.get(position);
    const miniature = miniatureAt(known, position);
    if (made !== undefined || miniature === null || known.pictures[position]?.perceptualHash === null) {
      return made ?? null;
    }
    const hashes = hashWindows(miniature);
    hashesOf.set(position, hashes);
    await takeTurn();
    return hashes;
  };

  return async (hash, similar) => {
    const wanted = PART_RELATIONS.map((relation) => relateHash(hash, invertRelation(relation)));
    const candidates: Candidate[] = [];
    for (const position of similar) {
      const hashes = await partsOf(position);
      if (hashes === null) continue;
      wanted.forEach((words, at) => {
        const { window, distance } = nearestWindow(hashes, words);
        if (distance <= CANDIDATE_BITS) {
          candidates.push({ position, window, relation: PART_RELATIONS[at]!, distance });
        }
      });
    }
    return candidates;
  };
}

/** @param hashes [windows * 2], high and low word in turn */
function nearestWindow(hashes: Uint32Array, { high, low }: HashWords): { window: number; distance: number } {
  let window = 0;
  let distance = Infinity;
  for (let at = 0; at < hashes.length; at += 2) {
    const bits = countBits(hashes[at]! ^ high) + countBits(hashes[at + 1]! ^ low);
    if (bits >= distance) continue;
    window = at / 2;
    distance = bits;
  }
  return { window, distance };
}

/** @returns [64, 64]; null for a picture without one */
function miniatureAt({ miniatures }: KnownPictures, position: number): Uint8Array | null {
  const start = position * MINIATURE_PIXELS;
  if (start >= miniatures.length) return null;
  return miniatures.subarray(start, start + MINIATURE_PIXELS);
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
): FoundPicture {
  return { kind, name, sha256, labelIndex: label, differingBits };
}
