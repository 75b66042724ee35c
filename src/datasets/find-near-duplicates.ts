import { HASH_WINDOWS, parseHash, relateHash } from '../images/facts/perceptual-hash.js';
import { invertRelation, PICTURE_RELATIONS, relateMiniature } from '../images/facts/picture-relation.js';
import type { PictureRelation } from '../words/picture-relation.js';
import { alignMiniatures, fingerprintOf, type Fingerprint } from '../images/facts/picture-similarity.js';
import { MINIATURE_PIXELS, type MiniatureWindow } from '../images/facts/miniature.js';
import { indexPictures, type ComparedPicture, type PictureIndex, type TakeTurn } from './picture-index.js';
import type { Union } from './union.js';

/** From here on two pictures are near-duplicates, and from there on suspects (docs/near-duplicates.md has the evidence). */
const JOINED_SIMILARITY = 0.8;
const SUSPECTED_SIMILARITY = 0.65;
/** Where less is shared, borders had more freedom to find something similar, so more is asked of it. */
const PART_AREA = 0.9;
const JOINED_PART_SIMILARITY = 0.88;

/** Two pictures by their positions: `part` shows what `whole` shows, or a part of it. */
export interface NearPair {
  whole: number;
  part: number;
  /** How `part` was made from `whole`. */
  relation: PictureRelation;
  /** Share of the whole's area that the part shows, 0.47..1. */
  sharedArea: number;
  /** Bits in which the hashes of what both show differ: 0..10 of 63. */
  distance: number;
  /** 0.65..1, as compareMiniatures. */
  similarity: number;
}

export interface NearDuplicates {
  /** As many pairs as it takes to join each set; pictures that are in one set already are not compared any more. */
  near: NearPair[];
  /** Pairs of different sets that resemble each other, the most similar first. */
  suspected: NearPair[];
}

interface Candidate {
  whole: number;
  window: number;
  relation: PictureRelation;
  distance: number;
}

/**
 * Joins near-duplicates, in two steps. Hashes propose: whole pictures in all sixteen relations, and parts of pictures
 * (up to 19 % cut away in each direction) as they are and inverted. Then the miniatures are aligned and decide. The same
 * pictures in the same order give the same pairs on every machine.
 * @param sets what belongs together already, such as copies; what is found is joined there
 * @param takeTurn is called between pictures with the share that is done; what it throws ends the search
 */
export async function findNearDuplicates(
  pictures: readonly ComparedPicture[],
  sets: Union,
  takeTurn: TakeTurn = async () => undefined,
): Promise<NearDuplicates> {
  const index = await indexPictures(pictures, (done) => takeTurn(done / 2));
  const found: NearDuplicates = { near: [], suspected: [] };
  for (let part = 0; part < pictures.length; part += 1) {
    const fingerprints = relatedFingerprints(pictures, part);
    for (const candidate of proposeWholes(pictures, part, index)) {
      if (sets.rootOf(candidate.whole) === sets.rootOf(part)) continue;
      const pair = lookCloser(pictures, part, candidate, fingerprints);
      if (pair === null) continue;
      if (isNear(pair)) sets.join(pair.whole, pair.part);
      (isNear(pair) ? found.near : found.suspected).push(pair);
    }
    await takeTurn((1 + part / pictures.length) / 2);
  }
  return { near: found.near, suspected: bestOfEachPair(found.suspected, sets) };
}

/** Whether what fits so well is the same picture. */
export function isNear({ similarity, sharedArea }: Pick<NearPair, 'similarity' | 'sharedArea'>): boolean {
  return similarity >= (sharedArea < PART_AREA ? JOINED_PART_SIMILARITY : JOINED_SIMILARITY);
}

/** What `part` may have been made from, the nearest hash first. */
function proposeWholes(
  pictures: readonly ComparedPicture[],
  part: number,
  { wholes, windows }: PictureIndex,
): Candidate[] {
  const hash = pictures[part]?.perceptualHash ?? null;
  if (hash === null) return [];
  const candidates: Candidate[] = [];
  for (const relation of PICTURE_RELATIONS) {
    const isUpright = !relation.isMirrored && relation.turnedDegrees === 0;
    const wanted = relateHash(parseHash(hash), invertRelation(relation));
    for (const near of (isUpright ? windows : wholes).nearest(wanted)) {
      // Whole pictures resemble each other both ways: once is enough.
      const isSeenFromOther = !isUpright && near.picture > part;
      if (near.picture === part || isSeenFromOther) continue;
      candidates.push({ whole: near.picture, window: near.window, relation, distance: near.distance });
    }
  }
  return candidates.sort((left, right) => left.distance - right.distance || left.whole - right.whole);
}

/** Fingerprints of the part as it was before mirroring, turning or inverting; makes each one once, on demand. */
function relatedFingerprints(
  pictures: readonly ComparedPicture[],
  part: number,
): (relation: PictureRelation) => Fingerprint {
  const made = new Map<PictureRelation, Fingerprint>();
  return (relation) => {
    const known = made.get(relation);
    if (known !== undefined) return known;
    const { miniature } = pictures[part]!;
    const fingerprint = fingerprintOf(relateMiniature(miniature, invertRelation(relation)));
    made.set(relation, fingerprint);
    return fingerprint;
  };
}

function lookCloser(
  pictures: readonly ComparedPicture[],
  part: number,
  { whole, window, relation, distance }: Candidate,
  fingerprintFor: (relation: PictureRelation) => Fingerprint,
): NearPair | null {
  const fit = findFit(pictures[whole]!.miniature, fingerprintFor(relation), HASH_WINDOWS[window]!);
  return fit.similarity < SUSPECTED_SIMILARITY ? null : { whole, part, relation, distance, ...fit };
}

/**
 * Where a part fits into a whole best, from a window on that its hash proposed.
 * @param whole [64, 64]
 */
export function findFit(
  whole: Uint8Array,
  part: Fingerprint,
  start: MiniatureWindow,
): Pick<NearPair, 'similarity' | 'sharedArea'> {
  const { similarity, window } = alignMiniatures(whole, part, start);
  return { similarity, sharedArea: areaOf(window) / MINIATURE_PIXELS };
}

function areaOf({ left, top, right, bottom }: MiniatureWindow): number {
  return (right - left) * (bottom - top);
}

/** A pair may be proposed both ways and in several relations, and have come into one set meanwhile. */
function bestOfEachPair(pairs: readonly NearPair[], sets: Union): NearPair[] {
  const best = new Map<string, NearPair>();
  for (const pair of [...pairs].sort((left, right) => right.similarity - left.similarity)) {
    const key = [pair.whole, pair.part].sort((left, right) => left - right).join(' ');
    if (sets.rootOf(pair.whole) !== sets.rootOf(pair.part) && !best.has(key)) best.set(key, pair);
  }
  return [...best.values()];
}
