import type { PictureRelation } from './picture-relation.js';

/** Pictures that are the same file, or the same pixels in another file. */
export interface DuplicateSet {
  names: string[];
  acrossSplits: boolean;
  acrossClasses: boolean;
}

/** Two pictures that show the same. */
export interface NearDuplicate extends PictureRelation {
  /** The picture that shows at least as much. */
  first: string;
  /** What was made from the first in this relation, or looks as if it was. */
  second: string;
  /** Share of the first's area that the second shows, up to 1. */
  sharedArea: number;
  /** Bits in which the perceptual hashes of what both show differ: 0..10 of 63. */
  distance: number;
  /** 0.65..1; 1 for the same picture in any exposure. */
  similarity: number;
  acrossSplits: boolean;
  acrossClasses: boolean;
}

/** What an import found about pictures that resemble each other; stored as JSON. Pictures go by their names. */
export interface DuplicateReport {
  exact: DuplicateSet[];
  /** Joined: they never straddle a split. As many pairs as it takes to join each set. */
  near: NearDuplicate[];
  /** Not joined, but similar enough to look at; the most similar first, 500 at most. */
  suspected: NearDuplicate[];
  suspectedCount: number;
  /** Sets of three and more copies or near-duplicates, the largest first, 20 at most: a chain may join what differs. */
  chains: string[][];
  /** Pictures outside the TEST subset that share a group with pictures in it. No run uses them. */
  excluded: string[];
  /** Too little structure for a perceptual hash: compared with nothing but exact copies. */
  featureless: string[];
}
