/** How one picture is made from another: mirrored first, then turned, then inverted. */
export interface PictureRelation {
  /** Left and right exchanged. */
  isMirrored: boolean;
  /** Clockwise. */
  turnedDegrees: 0 | 90 | 180 | 270;
  /** Light and dark exchanged. */
  isInverted: boolean;
}
