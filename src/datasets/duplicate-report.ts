/** How one picture became the other, as far as the hashes tell. */
export const DUPLICATE_RELATIONS = ['SAME', 'MIRRORED', 'TURNED', 'INVERTED'] as const;
export type DuplicateRelation = (typeof DUPLICATE_RELATIONS)[number];

/** Two pictures whose perceptual hashes are near each other; stored as JSON. */
export interface NearDuplicate {
  first: string;
  second: string;
  /** Bits in which the hashes differ, 0..63. */
  distance: number;
  relation: DuplicateRelation;
}

/** What an import found about pictures that resemble each other. */
export interface DuplicateReport {
  /** Names of pictures that are the same file or the same pixels. */
  exact: string[][];
  /** Joined: they never straddle a split. */
  near: NearDuplicate[];
  /** Not joined, but near enough to look at. */
  suspected: NearDuplicate[];
}
